import ArgumentParser
import WorkerSupport

@main
struct EmailWorker: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "email-worker",
        abstract: "Sends mail: into a Maildir, or by SMTP where a server is given.")

    @OptionGroup var options: WorkerOptions

    @Option(help: ArgumentHelp("The Maildir; BATON_MAILDIR; else Maildir in the data folder.", valueName: "folder"))
    var maildir: String?

    @Option(help: ArgumentHelp("Send through that server instead; BATON_SMTP.", valueName: "host:port"))
    var smtp: String?

    @Option(name: .customLong("from"), help: ArgumentHelp("The sender's address.", valueName: "address"))
    var sender = "welcome@baton.example"

    func run() async throws {
        guard Checks.isEmail(sender) else { throw ValidationError("--from has to be an e-mail address") }
        let folder = options.folder("email")
        let delivery: EmailService.Delivery
        if let server = smtp ?? Environment.value("BATON_SMTP") {
            guard let client = SMTPClient(server: server) else {
                throw ValidationError("the SMTP server has to be given as host:port")
            }
            delivery = .smtp(client)
        } else {
            let path = maildir ?? Environment.value("BATON_MAILDIR") ?? "\(folder)/Maildir"
            delivery = .maildir(options.list ? Maildir(existing: path) : try Maildir(path))
        }
        let service = try EmailService.make(
            options.configuration("email-worker"), folder: folder, faults: options.faults, delivery: delivery,
            sender: sender)
        try await service.run(options)
    }
}
