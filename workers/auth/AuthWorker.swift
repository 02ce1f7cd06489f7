import ArgumentParser
import WorkerSupport

@main
struct AuthWorker: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "auth-worker",
        abstract: "A stand-in for an identity provider: creates and deletes users.")

    @OptionGroup var options: WorkerOptions

    func run() async throws {
        let service = try AuthService.make(
            options.configuration("auth-worker"), folder: options.folder("auth"), faults: options.faults)
        try await service.run(options)
    }
}
