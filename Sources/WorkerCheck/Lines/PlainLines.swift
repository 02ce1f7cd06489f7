import AMQP
import JSONValue
import Synchronization
import TaskProtocol

/// One task, one answer.
extension CheckBench {
    func queue() async throws -> CheckResult {
        let started = try await startWorker()
        let look = await broker.look()
        guard let look, look.consumers > 0 else {
            return .miss(
                .queue, started ?? (look == nil ? "there is no queue \(plan.queue)" : "nobody consumes \(plan.queue)"),
                "Declare the queue \(plan.queue) (durable, x-queue-type: quorum), bind it to \(broker.names.tasksExchange) "
                    + "with the key \(plan.routingKey), and consume it. Is it the right broker and --prefix?")
        }
        memory.withLock { memory in
            memory.isServed = true
            memory.isShared = look.consumers > 1
        }
        let probe = task(succeedingInput ?? Array("{}".utf8), .queue)
        guard try await broker.send(probe.envelope) else {
            return .miss(
                .queue, "\(plan.queue) is not bound to \(broker.names.tasksExchange)",
                "Bind it with the key \(plan.routingKey): that is the way every task comes.")
        }
        _ = await answer(to: probe)
        guard look.consumers == 1 else {
            return .note(
                .queue, "\(plan.queue) has \(look.consumers) consumers",
                "Any of them may get a task: stop the others to learn about one.")
        }
        return .pass(.queue, plan.queue)
    }

    func success() async throws -> CheckResult {
        guard let input = succeedingInput else { return .notTried(.success, Self.needsInput) }
        let task = task(input, .success)
        let heard = try await ask(task)
        guard let heard, heard.kind == .success else {
            return .miss(
                .success, describe(task),
                "Publish the output to the default exchange with the task's reply_to as routing key, type `success`, "
                    + "and the task's correlation_id.")
        }
        guard !plan.inputs.areOurs || isEcho(heard, of: input) else {
            return .miss(
                .success, "the output is not the input that was to be echoed",
                "Read and write JSON as UTF-8; the body is the output itself, not a string that holds it.")
        }
        return .pass(.success, "within \((heard.at - task.sentAt).text)")
    }

    private func isEcho(_ heard: HeardAnswer, of input: [UInt8]) -> Bool {
        guard let output = heard.message?.json, let expected = try? JSON(parsing: input) else { return false }
        return output.isEquivalent(to: expected)
    }

    func namedFailure() async throws -> CheckResult {
        guard let input = plan.inputs.areOurs ? CheckInput.failing : plan.inputs.failing else {
            return .notTried(.namedFailure, "needs --failing-input FILE")
        }
        let expected = plan.inputs.areOurs ? CheckInput.error : plan.inputs.error
        let task = task(input, .namedFailure)
        let heard = try await ask(task)
        guard let failure = heard?.message?.failure, heard?.kind == .failure, let error = failure.error else {
            return .miss(
                .namedFailure, describe(task),
                #"Answer `failure` with {"error": "Name", "cause": "why"}: "#
                    + "the state's Retry and Catch look at the error.")
        }
        guard expected == nil || error.utf8.elementsEqual((expected ?? "").utf8) else {
            return .miss(
                .namedFailure, "the error is \(error), not \(expected ?? "")", "Take the error's name as it was raised."
            )
        }
        guard failure.cause?.isEmpty == false else {
            return .note(.namedFailure, "\(error), without a cause", "A cause tells people what went wrong.")
        }
        return .pass(.namedFailure, error)
    }

    func unparsableInput() async throws -> CheckResult {
        let bodies: [(String, [UInt8])] = [
            ("half an object", Array(#"{"check": "#.utf8)), ("bytes that are not UTF-8", [0x22, 0xFF, 0xFE, 0x22]),
            ("nothing", []),
        ]
        var names: [String] = []
        for (what, body) in bodies {
            let task = task(body, .unparsableInput)
            let heard = try await ask(task)
            guard heard?.kind == .failure else {
                return .miss(
                    .unparsableInput, "\(what): \(describe(task))",
                    "Answer `failure` (InvalidInput, say) and acknowledge. A rejected or requeued task comes back for ever, "
                        + "and takes one worker after the other down.")
            }
            let name = heard?.message?.failure?.error ?? "a failure without a name"
            if !names.contains(name) { names.append(name) }
        }
        guard try await stillWorks(.unparsableInput) else {
            return .miss(
                .unparsableInput, "answered, but no task after it", "Go on after a task that cannot be read.")
        }
        return .pass(.unparsableInput, names.joined(separator: ", "))
    }

    func additions() async throws -> CheckResult {
        guard let input = succeedingInput else { return .notTried(.additions, Self.needsInput) }
        var task = task(input, .additions)
        task.envelope.headers["baton-of-the-future"] = "ü"
        task.envelope.headers["x-number"] = 1
        task.envelope.headers[HeaderName.traceparent] = "00-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-01"
        task.envelope.headers[HeaderName.attempt] = 3
        let heard = try await ask(task)
        guard heard?.kind == .success else {
            return .miss(.additions, describe(task), "Ignore headers that you do not know: later versions add some.")
        }
        return .pass(.additions, "ignored")
    }

    func laterVersion() async throws -> CheckResult {
        var task = task(succeedingInput ?? Array("{}".utf8), .laterVersion)
        task.envelope.headers[HeaderName.version] = .int(ProtocolVersion.current + 1)
        let heard = try await ask(task)
        switch heard?.kind {
        case .failure: return .pass(.laterVersion, Self.describe(heard))
        case .success:
            return .note(
                .laterVersion, "answered like any other",
                "Look at baton-protocol: answer `failure` to a version later than \(ProtocolVersion.current), which may "
                    + "mean something else.")
        default:
            return .miss(
                .laterVersion, describe(task), "Answer `failure`: a task that is dropped keeps its workflow waiting.")
        }
    }

    func largeInput() async throws -> CheckResult {
        guard let input = plan.inputs.areOurs ? CheckInput.large : plan.inputs.large else {
            return .notTried(.largeInput, "needs --large-input FILE")
        }
        let task = task(input, .largeInput)
        let heard = try await ask(task, within: plan.patience + .seconds(10))
        guard let heard, heard.kind == .success, heard.complaint == nil else {
            return .miss(
                .largeInput, broker.log.answers(to: task.token).compactMap(\.complaint).first ?? describe(task),
                "Inputs and outputs have up to \(ProtocolLimits.bodyBytes) bytes, in several frames.")
        }
        guard !plan.inputs.areOurs || isEcho(heard, of: input) else {
            return .miss(.largeInput, "the output is not the input", "Read the whole body, whatever its frames.")
        }
        return .pass(.largeInput, "\(input.count) bytes within \((heard.at - task.sentAt).text)")
    }

    func manyTasks() async throws -> CheckResult {
        guard let input = succeedingInput else { return .notTried(.manyTasks, Self.needsInput) }
        let tasks = (0..<50).map { _ in task(input, .manyTasks) }
        let tokens = Set(tasks.map(\.token))
        let start = ContinuousClock.now
        for task in tasks { try await send(task) }
        await broker.log.wait(plan.patience * 3) { heard in
            Set(heard.lazy.filter { $0.isFinal && tokens.contains($0.token) }.map(\.token)).count == tokens.count
        }
        let answered = tasks.filter { !finals(of: $0).isEmpty }
        guard answered.count == tasks.count else {
            return .miss(
                .manyTasks, "\(answered.count) of \(tasks.count) were answered",
                "Acknowledge each task after its answer, by its own delivery tag: with a prefetch, those that are never "
                    + "acknowledged end the flow.")
        }
        let took = (ContinuousClock.now - start).text
        guard tasks.allSatisfy({ finals(of: $0).first?.kind == .success }) else {
            return .miss(.manyTasks, "some failed", "The same input has to succeed every time.")
        }
        guard tasks.allSatisfy({ finals(of: $0).count == 1 }) else {
            return .note(.manyTasks, "all were answered, some twice", "One answer suffices.")
        }
        return .pass(.manyTasks, "\(tasks.count) within \(took)")
    }

    func formOfAnswers() -> CheckResult {
        let heard = broker.log.all
        guard !heard.isEmpty else { return .notTried(.formOfAnswers, "nothing was answered") }
        if let wrong = heard.first(where: { $0.complaint != nil }), let complaint = wrong.complaint {
            return .miss(
                .formOfAnswers, complaint,
                "The orchestrator puts such a message into the dead letters, and goes on waiting.")
        }
        if let stray = heard.first(where: { !$0.token.hasPrefix(CheckTask.tokenPrefix) }) {
            return .miss(
                .formOfAnswers, "an answer with the correlation_id \(stray.token.prefix(60))",
                "Send the task's correlation_id back as it came.")
        }
        if let remark = heard.compactMap(\.remark).first {
            return .note(.formOfAnswers, remark, "Publish with delivery_mode 2.")
        }
        return .pass(.formOfAnswers, "\(heard.count) messages")
    }
}
