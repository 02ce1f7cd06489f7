import Testing

@testable import WorkerSDK

@Suite struct TaskMachineTests {
    private let output = TaskAnswer.success(Array("1".utf8))
    private let failure = TaskAnswer.failure(TaskFailure(error: "E", cause: "c"))

    private func machine(_ change: (inout TaskMachine.Timing) -> Void = { _ in }) -> TaskMachine {
        var timing = TaskMachine.Timing()
        change(&timing)
        return TaskMachine(timing, now: .zero)
    }

    @Test func `a quick task needs its answer only`() {
        var machine = machine()
        #expect(machine.timersDue(at: .milliseconds(249)) == [])
        #expect(machine.handlerReturned(output) == [.publish(output)])
        #expect(machine.nextTimer == nil)
        #expect(machine.answerPublished(true, at: .milliseconds(250)) == [.acknowledge, .end(.success)])
        #expect(machine.isEnded)
    }

    @Test func `a slower one says that it was started, once`() {
        var machine = machine()
        #expect(machine.nextTimer == .milliseconds(250))
        #expect(machine.timersDue(at: .milliseconds(250)) == [.sendStarted])
        #expect(machine.timersDue(at: .milliseconds(251)) == [])
        #expect(machine.nextTimer == .seconds(600))
    }

    @Test func `heartbeats come three times as often as they have to`() {
        var machine = machine { $0.heartbeat = .seconds(30) }
        #expect(machine.timersDue(at: .seconds(1)) == [.sendStarted])
        #expect(machine.nextTimer == .seconds(10))
        #expect(machine.timersDue(at: .seconds(10)) == [.sendHeartbeat])
        #expect(machine.nextTimer == .seconds(20))
        machine.heartbeatSent(at: .seconds(15))
        #expect(machine.timersDue(at: .seconds(20)) == [])
        #expect(machine.nextTimer == .seconds(25))
    }

    @Test func `progress without heartbeats makes the workflow count on more`() {
        var machine = machine()
        _ = machine.timersDue(at: .seconds(1))
        machine.heartbeatSent(at: .seconds(2))
        #expect(machine.nextTimer == .seconds(202))
        #expect(machine.timersDue(at: .seconds(202)) == [.sendHeartbeat])
    }

    @Test func `past the lease heartbeats alone keep the task`() {
        var machine = machine()
        _ = machine.timersDue(at: .seconds(1))
        #expect(machine.timersDue(at: .seconds(600)) == [.sendLeaseHeartbeat])
        #expect(machine.isHeld)
        #expect(machine.leaseHeartbeatPublished(true, at: .seconds(601)) == [.acknowledge])
        #expect(!machine.isHeld)
        #expect(machine.nextTimer == .seconds(800))
        #expect(machine.timersDue(at: .seconds(800)) == [.sendHeartbeat])
        #expect(machine.handlerReturned(output) == [.publish(output)])
        #expect(machine.answerPublished(true, at: .seconds(900)) == [.end(.success)])
    }

    @Test func `the lease is not let go before the heartbeat is with the broker`() {
        var machine = machine()
        _ = machine.timersDue(at: .seconds(1))
        _ = machine.timersDue(at: .seconds(600))
        #expect(machine.leaseHeartbeatPublished(false, at: .seconds(600)) == [])
        #expect(machine.isHeld)
        #expect(machine.nextTimer == .seconds(605))
        #expect(machine.timersDue(at: .seconds(605)) == [.sendLeaseHeartbeat])
    }

    @Test func `an answer is repeated until the broker has it, ever more slowly`() {
        var machine = machine()
        _ = machine.handlerReturned(failure)
        var now = Duration.zero
        var pauses: [Duration] = []
        for _ in 0..<8 {
            #expect(machine.answerPublished(false, at: now) == [])
            let next = machine.nextTimer ?? .zero
            pauses.append(next - now)
            #expect(machine.timersDue(at: next - .milliseconds(1)) == [])
            #expect(machine.timersDue(at: next) == [.publish(failure)])
            #expect(machine.nextTimer == nil)
            now = next
        }
        #expect(pauses == [100, 200, 400, 800, 1_600, 3_200, 5_000, 5_000].map { .milliseconds($0) })
        #expect(machine.answerPublished(true, at: now) == [.acknowledge, .end(.failure)])
    }

    @Test func `a cancelled task is acknowledged without an answer`() {
        var machine = machine()
        #expect(machine.cancelled() == [.cancelHandler, .acknowledge, .end(.cancelled)])
        #expect(machine.handlerReturned(output) == [])
        #expect(machine.cancelled() == [])
    }

    @Test func `past the deadline the worker fails the task itself`() {
        var machine = machine { $0.deadline = .seconds(5) }
        _ = machine.timersDue(at: .seconds(1))
        #expect(machine.nextTimer == .seconds(5))
        #expect(machine.timersDue(at: .seconds(5)) == [.cancelHandler, .publish(.failure(.timeout))])
        #expect(machine.handlerReturned(output) == [])
        #expect(machine.answerPublished(true, at: .seconds(6)) == [.acknowledge, .end(.timeout)])
    }

    @Test func `a stopped worker gives back what its handler did not finish`() {
        var machine = machine()
        #expect(machine.stopped() == [.cancelHandler])
        #expect(machine.nextTimer == nil)
        #expect(machine.handlerReturned(failure) == [.end(.handedBack)])
    }

    @Test func `a result that comes in spite of it is still sent`() {
        var machine = machine()
        _ = machine.stopped()
        #expect(machine.handlerReturned(output) == [.publish(output)])
        #expect(machine.answerPublished(true, at: .zero) == [.acknowledge, .end(.success)])
    }

    @Test func `what cannot be given back is failed`() {
        var machine = machine()
        _ = machine.timersDue(at: .seconds(600))
        _ = machine.leaseHeartbeatPublished(true, at: .seconds(600))
        _ = machine.stopped()
        #expect(machine.handlerReturned(failure) == [.publish(.failure(.stopped))])
        #expect(machine.answerPublished(false, at: .seconds(601)) == [.end(.lost)])
    }

    @Test func `a stopped worker does not wait for a broker that is away`() {
        var machine = machine()
        _ = machine.handlerReturned(output)
        _ = machine.answerPublished(false, at: .zero)
        #expect(machine.stopped() == [.end(.handedBack)])

        var asking = self.machine()
        _ = asking.handlerReturned(output)
        #expect(asking.stopped() == [])
        #expect(asking.answerPublished(false, at: .zero) == [.end(.handedBack)])
    }

    @Test func `what nobody works on any more is given back, unless its answer is on its way`() {
        var running = machine()
        #expect(running.abandoned() == [.end(.handedBack)])
        var answered = machine()
        _ = answered.handlerReturned(output)
        #expect(answered.abandoned() == [])
        #expect(answered.answerPublished(true, at: .seconds(1)) == [.acknowledge, .end(.success)])
        var unheard = machine()
        _ = unheard.handlerReturned(output)
        _ = unheard.answerPublished(false, at: .seconds(1))
        #expect(unheard.abandoned() == [.end(.handedBack)])
        var unheld = machine()
        _ = unheld.timersDue(at: .seconds(600))
        _ = unheld.leaseHeartbeatPublished(true, at: .seconds(600))
        #expect(unheld.abandoned() == [.end(.lost)])
    }

    @Test func `copies go with the first, or at once when that has gone`() {
        var machine = machine()
        #expect(!machine.acknowledgesCopy(after: nil))
        _ = machine.timersDue(at: .seconds(600))
        _ = machine.leaseHeartbeatPublished(true, at: .seconds(600))
        #expect(machine.acknowledgesCopy(after: nil))
        #expect(machine.acknowledgesCopy(after: .success))
        #expect(machine.acknowledgesCopy(after: .cancelled))
        #expect(!machine.acknowledgesCopy(after: .handedBack))
    }

    // MARK: Every order of events

    enum Event: CaseIterable {
        case time, progress, lease, leaseLost, returned, failed, confirmed, lost, cancelled, stopped, abandoned
    }

    /// Plays events in every order of up to five and checks what has to hold whatever happens.
    @Test func `no order of events breaks the rules`() {
        func play(_ events: [Event]) {
            var machine = machine { timing in
                timing.heartbeat = .seconds(30)
                timing.deadline = .seconds(5_000)
            }
            var now = Duration.zero
            var actions: [TaskMachine.Action] = []
            var confirmed = false
            for event in events {
                let new: [TaskMachine.Action]
                switch event {
                case .time:
                    now += .seconds(700)
                    new = machine.timersDue(at: now)
                case .progress:
                    machine.heartbeatSent(at: now)
                    new = []
                case .lease: new = machine.leaseHeartbeatPublished(true, at: now)
                case .leaseLost: new = machine.leaseHeartbeatPublished(false, at: now)
                case .returned: new = machine.handlerReturned(output)
                case .failed: new = machine.handlerReturned(failure)
                case .confirmed:
                    new = machine.answerPublished(true, at: now)
                    confirmed = confirmed || new.contains { if case .end = $0 { true } else { false } }
                case .lost: new = machine.answerPublished(false, at: now)
                case .cancelled: new = machine.cancelled()
                case .stopped: new = machine.stopped()
                case .abandoned: new = machine.abandoned()
                }
                if actions.contains(where: { if case .end = $0 { true } else { false } }) {
                    #expect(new == [], "\(events): something is done after the end")
                }
                if new.contains(.acknowledge) {
                    let allowed = confirmed || event == .lease || event == .cancelled
                    #expect(allowed, "\(events): acknowledged without an answer")
                }
                actions += new
            }
            #expect(actions.count(where: { $0 == .acknowledge }) <= 1, "\(events): acknowledged twice")
            #expect(machine.isEnded == actions.contains { if case .end = $0 { true } else { false } })
            if machine.isEnded { #expect(machine.nextTimer == nil) }
            if !machine.isEnded, events.allSatisfy({ $0 == .time || $0 == .progress }) {
                #expect(machine.nextTimer != nil || actions.contains(.publish(.failure(.timeout))))
            }
        }
        func extend(_ events: [Event], _ depth: Int) {
            play(events)
            guard depth > 0 else { return }
            for event in Event.allCases { extend(events + [event], depth - 1) }
        }
        extend([], 4)
    }
}
