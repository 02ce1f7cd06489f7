import JSONValue

/// When memory that work left behind is given back: caches that grew, and what the allocator keeps.
///
/// Once, in the first quiet moment after enough has happened. Under load it would be taken again at once, and while nothing
/// happens nothing is due.
struct MemoryRelease {
    /// Events, or executions that left memory, that are worth the effort.
    static let work = 1_000
    /// Seconds that are looked at, and up to how much may happen in a quiet moment of that length.
    static let moment = 5.0
    static let quiet = 100

    private var handled = 0
    private var handledBefore = 0
    /// When the moment that is looked at ends; nil while there is nothing to give back.
    private(set) var due: Timestamp?

    /// - Parameter work: how much happened.
    /// - Returns: whether memory is to be given back now.
    mutating func note(_ work: Int, at now: Timestamp) -> Bool {
        handled += work
        guard let due else {
            if handled >= Self.work { lookAgain(after: now) }
            return false
        }
        guard due <= now else { return false }
        guard handled - handledBefore <= Self.quiet else {
            lookAgain(after: now)
            return false
        }
        self = MemoryRelease()
        return true
    }

    private mutating func lookAgain(after now: Timestamp) {
        handledBefore = handled
        due = now.adding(seconds: Self.moment)
    }
}
