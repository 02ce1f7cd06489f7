import ArgumentParser
import BenchmarkWorks

/// Does works for a tool that counts instructions or takes samples, and says which there are.
@main
struct BatonBench: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "baton-bench",
        abstract: "Does what the benchmarks in process measure, so often, for a tool that counts instructions.")

    @Argument(help: "Those whose names begin so; all without.") var names: [String] = []
    @Flag(help: "List them: name, what one call counts, in what, calls timed as one, the rate to be reached.")
    var list = false
    @Option(help: "How often each is called.") var times = 1

    func run() throws {
        for work in Work.all where names.isEmpty || names.contains(where: work.name.hasPrefix) {
            if list {
                let bar = work.least.map { "\($0)" } ?? ""
                print("\(work.name)\t\(work.count)\t\(work.unit)\t\(work.calls)\t\(bar)")
            } else {
                let call = try work.prepare()
                for _ in 0..<times { try call() }
            }
        }
    }
}
