import Synchronization
import Testing

@testable import AWSJSONAPI

/// What happened, in order.
final class Transcript: Sendable {
    private let lines = Mutex<[String]>([])
    var all: [String] { lines.withLock { $0 } }
    func note(_ line: String) { lines.withLock { $0.append(line) } }
}

@Suite struct OneShotTests {
    @Test func `it happens once, also for those who come late`() {
        let (shot, transcript) = (OneShot(), Transcript())
        _ = shot.whenFired { transcript.note("first") }
        shot.whenFired { transcript.note("cancelled") }.cancel()
        #expect(!shot.hasFired)
        shot.fire()
        shot.fire()
        _ = shot.whenFired { transcript.note("late") }
        #expect(transcript.all == ["first", "late"])
        #expect(shot.hasFired)
    }

    @Test(.timeLimit(.minutes(10))) func `waiting ends when it happens`() async {
        let shot = OneShot()
        async let waiting: Void = shot.wait()
        shot.fire()
        await waiting
        await shot.wait()
    }

    @Test(.timeLimit(.minutes(10))) func `waiting ends with its task`() async {
        let shot = OneShot()
        let task = Task { await shot.wait() }
        task.cancel()
        await task.value
        #expect(!shot.hasFired)
    }
}

/// Whose task it is when a connection ends: the client's exactly if it read the answer.
@Suite struct WatchedConnectionTests {
    enum Event: String, Sendable { case willWrite, written, ended, read, closed, reset, next }

    static let fates: [([Event], givenBack: Bool)] = [
        ([.willWrite, .written], false),
        ([.willWrite, .written, .closed], true),
        ([.willWrite, .written, .read, .closed], false),
        ([.willWrite, .read, .closed], true),
        ([.willWrite, .written, .next, .reset], false),
        ([.willWrite, .written, .closed, .reset], true),
        ([.willWrite, .ended, .written], true),
        ([.willWrite, .written, .reset], true),
        ([.closed, .willWrite, .written], true),
        ([.willWrite, .closed, .written], true),
        ([.willWrite, .reset], true),
        ([.written, .reset], false),
        ([.willWrite, .written, .reset, .reset], true),
        ([.willWrite, .ended, .closed], true),
        ([.ended, .closed, .willWrite], true),
        ([.ended, .willWrite, .closed], true),
        ([.willWrite, .written, .ended, .closed], false),
    ]

    @Test(arguments: fates)
    func `a task that was not read is given back, once`(_ events: [Event], _ givenBack: Bool) {
        let (connection, transcript) = (WatchedConnection(), Transcript())
        for event in events {
            switch event {
            case .willWrite: connection.willWrite { transcript.note("given back") }
            case .written: connection.responseIsWritten()
            case .ended:
                connection.isRead()
                connection.hangUp.fire()
            case .read: connection.isRead()
            case .closed: connection.closed()
            case .reset: connection.failed()
            case .next: connection.nextRequestBegan()
            }
        }
        #expect(transcript.all == (givenBack ? ["given back"] : []))
        #expect(connection.hangUp.hasFired == (!Set(events).isDisjoint(with: [.ended, .closed, .reset])))
    }
}

@Suite struct ListenerPolicyTests {
    @Test(arguments: ["127.0.0.1", "127.8.8.8", "localhost", "LOCALHOST", "::1", "[::1]"])
    func `loopback needs no credentials`(_ host: String) throws {
        try ListenerPolicy.check(host, allowRemoteWithoutCredentials: false)
    }

    @Test(arguments: ["0.0.0.0", "::", "10.0.0.1", "127.0.0.1.evil.example", "127.0.0", "localhost.example", ""])
    func `others are kept out unless the operator says otherwise`(_ host: String) throws {
        #expect(throws: ListenerError.self) {
            try ListenerPolicy.check(host, allowRemoteWithoutCredentials: false)
        }
        try ListenerPolicy.check(host, allowRemoteWithoutCredentials: true)
    }
}
