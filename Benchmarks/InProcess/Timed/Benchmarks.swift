import Benchmark
import BenchmarkWorks
import Foundation

/// The works, as `swift package benchmark` finds, times and compares them.
let benchmarks: @Sendable () -> Void = {
    // Only the metrics that this machine can tell are shown: few virtual ones count instructions.
    let configuration = Benchmark.Configuration(
        metrics: [.cpuTotal, .cpuUser, .wallClock, .instructions],
        // On a busy machine it is the time that grows, and not the number of samples that shrinks.
        maxDuration: .seconds(60),
        maxIterations: ProcessInfo.processInfo.environment["BATON_BENCHMARK_SAMPLES"].flatMap(Int.init) ?? 7)
    for work in Work.all {
        Benchmark(work.name, configuration: configuration) { (_, call: () throws -> Void) in
            for _ in 0..<work.calls { try call() }
        } setup: {
            try work.prepare()
        }
    }
}
