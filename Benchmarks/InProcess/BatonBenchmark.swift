import ArgumentParser

/// Benchmarks of what needs no broker. Prints one JSON object for each.
///
/// A new one is a `Benchmark` in an `all` of its own, named here.
@main
struct BatonBenchmark: ParsableCommand {
    static let all = InterpreterBenchmark.all + JSONBenchmark.all + JournalBenchmark.all + EngineBenchmark.all

    static let configuration = CommandConfiguration(
        commandName: "baton-bench", abstract: "Measures the core in process, in one core's time.")

    @Argument(help: "Those whose names begin so; all without.") var names: [String] = []
    @Flag(help: "Fewer and shorter rounds.") var quick = false
    @Flag(help: "List their names, with what one call of the work counts, and in what.") var list = false
    @Option(help: "Measure nothing and do the work so often, for a tool that counts instructions.") var times: Int?

    func run() throws {
        for benchmark in Self.all where names.isEmpty || names.contains(where: benchmark.name.hasPrefix) {
            if list {
                print("\(benchmark.name)\t\(benchmark.count)\t\(benchmark.unit)")
            } else if let times {
                let work = try benchmark.prepare()
                for _ in 0..<times { try work() }
            } else {
                print(try Measurement.of(benchmark, rounds: quick ? 3 : 7, seconds: quick ? 0.1 : 0.4).line)
            }
        }
    }
}
