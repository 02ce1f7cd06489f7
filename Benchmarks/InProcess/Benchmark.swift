/// A piece of work that needs no broker.
struct Benchmark: Sendable {
    /// GROUP/NAME, as it is asked for on the command line.
    var name: String
    /// What `count` is counted in, per second of one core's time.
    var unit: String
    /// The median that has to be reached; nil where the figure is only shown.
    var least: Double?
    /// How much of `unit` one call of the work does.
    var count: Double
    /// Makes the inputs, which is not measured, and returns the work.
    var prepare: @Sendable () throws -> () throws -> Void

    init(
        _ name: String, unit: String, least: Double? = nil, count: Double,
        prepare: @escaping @Sendable () throws -> () throws -> Void
    ) {
        self.name = name
        self.unit = unit
        self.least = least
        self.count = count
        self.prepare = prepare
    }
}

/// The work did not do what it should have done.
struct WorkFailed: Error, CustomStringConvertible {
    var description: String
    init(_ description: String) { self.description = description }
}
