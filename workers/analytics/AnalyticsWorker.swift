import ArgumentParser
import WorkerSupport

@main
struct AnalyticsWorker: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "analytics-worker",
        abstract: "A stand-in for a usage tracker: starts and ends the tracking of users.")

    @OptionGroup var options: WorkerOptions

    func run() async throws {
        let service = try AnalyticsService.make(
            options.configuration("analytics-worker"), folder: options.folder("analytics"), faults: options.faults)
        try await service.run(options)
    }
}
