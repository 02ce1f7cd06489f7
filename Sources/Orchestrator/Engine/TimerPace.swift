/// How many timers one batch fires, where very many are due at once: as many as leave everybody else an engine that
/// answers soon. Whatever happens waits for the batch that is being written, and for its own.
struct TimerPace {
    /// What a batch full of timers may take.
    static let target = Duration.milliseconds(25)
    private static let least = 16

    private let most: Int
    private(set) var allowance: Int
    /// In the last batch.
    var fired = 0

    init(most: Int) {
        self.most = max(1, most)
        allowance = self.most
    }

    /// The last batch took so long.
    mutating func adjust(to took: Duration) {
        guard fired >= allowance else { return }
        let fitting = Double(allowance) * (Self.target / max(took, .microseconds(1)))
        // Not by one batch that happened to be quick.
        allowance = min(most, max(min(Self.least, most), min(Int(fitting), allowance * 2)))
    }
}
