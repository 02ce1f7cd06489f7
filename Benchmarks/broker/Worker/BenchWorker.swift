import ArgumentParser
import JSONValue
import Logging
import WorkerSDK

/// Answers every task with its input: what is left is the cost of handing tasks out.
@main
struct BenchWorker: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "bench-worker", abstract: "Answers every task of one activity with its input.")

    @Option var amqpURL: String
    @Option var activity: String
    @Option(help: "What queues begin with.") var prefix = "baton"
    @Option(help: "How many tasks at once.") var prefetch = 1000

    func run() async throws {
        let configuration = WorkerConfiguration(
            name: "bench-\(activity)", identity: "bench-\(activity)", amqpURL: amqpURL, prefix: prefix,
            prefetch: prefetch, logLevel: .warning)
        var worker = Worker(configuration)
        worker.activity(activity, raw: { input, _ in input })
        try await worker.run()
    }
}
