/// Holds handlers up until it is opened, or until they are cancelled; the test can wait for them to arrive.
final class Gate: Sendable {
    private let arrivals: Signal
    private let opening = Signal()

    init() { arrivals = Signal() }

    func pass() async {
        arrivals.send()
        await opening.waitUntilClosed()
    }

    func open() { opening.close() }

    func arrival() async { await arrivals.waitForOne() }
}
