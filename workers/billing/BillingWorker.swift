import ArgumentParser
import WorkerSupport

@main
struct BillingWorker: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "billing-worker",
        abstract: "A stand-in for a payment provider: creates and deletes customers.",
        discussion: """
            A userId that contains "billing-flaky" is refused twice with Billing.Unavailable before it is accepted; one \
            that contains "billing-declined" always fails with Billing.CardDeclined.
            """)

    @OptionGroup var options: WorkerOptions

    func run() async throws {
        let service = try BillingService.make(
            options.configuration("billing-worker"), folder: options.folder("billing"), faults: options.faults)
        try await service.run(options)
    }
}
