/// A piece of work that needs no broker.
package struct Work: Sendable {
    /// GROUP/NAME, as it is asked for on the command line.
    package var name: String
    /// What `count` is counted in, per second of one core's time.
    package var unit: String
    /// The median that has to be reached; nil where the figure is only shown.
    package var least: Double?
    /// How much of `unit` one call does.
    package var count: Double
    /// How many calls are timed as one: about half a second of them, since Linux counts processor time in hundredths.
    package var calls: Int
    /// Makes the inputs, which is not measured, and returns what is called.
    package var prepare: @Sendable () throws -> () throws -> Void

    init(
        _ name: String, unit: String, least: Double? = nil, count: Double, calls: Int,
        prepare: @escaping @Sendable () throws -> () throws -> Void
    ) {
        self.name = name
        self.unit = unit
        self.least = least
        self.count = count
        self.calls = calls
        self.prepare = prepare
    }

    /// All there are. New ones come in an `all` of their own, named here.
    package static let all =
        InterpreterWorks.all + JSONWorks.all + JournalWorks.all + MessageWorks.all + EngineWorks.all
}

/// The work did not do what it should have done.
struct WorkFailed: Error, CustomStringConvertible {
    var description: String
    init(_ description: String) { self.description = description }
}
