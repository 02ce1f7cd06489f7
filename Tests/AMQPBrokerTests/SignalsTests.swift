import Orchestrator
import Synchronization
import Testing

@testable import AMQPBroker

@Suite struct SignalsTests {
    /// Behind a lock as such, a listener is wrapped anew by every event, and the stack overflows.
    @Test(.timeLimit(.minutes(1)))
    func `a listener stays what it is, however many events there are`() {
        let signals = AMQPBroker.Signals()
        let count = Mutex(0)
        signals.listeners.withLock { $0.standard = { _ in count.withLock { $0 += 1 } } }
        for _ in 0..<200_000 { signals.send(.ready) }
        #expect(count.withLock { $0 } == 200_000)
    }
}
