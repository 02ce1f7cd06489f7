import ArgumentParser

@main
struct Baton: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "baton",
        abstract: "Runs Amazon States Language workflows over RabbitMQ, durably, on your own machines.",
        discussion: """
            'baton server' is the orchestrator; most other commands talk to one, at --endpoint or BATON_ENDPOINT.

            Exit status: 0 done · 1 refused, invalid, or the execution did not succeed · 2 the command line or a file \
            is wrong · 3 the server cannot be reached · 4 there is no such thing · 5 the server cannot start
            """,
        version: BatonVersion.number,
        groupedSubcommands: [
            CommandGroup(
                name: "Run the orchestrator", subcommands: [ServerCommand.self, DoctorCommand.self, KeysCommand.self]),
            CommandGroup(
                name: "Keep the database",
                subcommands: [BackupCommand.self, RestoreCommand.self, CheckCommand.self]),
            CommandGroup(
                name: "Workflows",
                subcommands: [
                    ValidateCommand.self, EvalCommand.self, TestStateCommand.self, DeployCommand.self,
                    VersionCommand.self,
                    AliasCommand.self,
                ]),
            CommandGroup(
                name: "Executions",
                subcommands: [
                    StartCommand.self, ListCommand.self, DescribeCommand.self, HistoryCommand.self, LogsCommand.self,
                    StopCommand.self, RedriveCommand.self,
                ]),
            CommandGroup(
                name: "Work",
                subcommands: [TaskCommand.self, ActivityCommand.self, QueuesCommand.self, WorkerCommand.self]),
        ]
    )

    static func main() async {
        do {
            var command = try await asyncParseAsRoot(nil)
            if var asynchronous = command as? any AsyncParsableCommand {
                try await asynchronous.run()
            } else {
                try command.run()
            }
        } catch let error as CommandError {
            Terminal.standard.fail(error.message)
            exit(withError: ExitCode(error.status.rawValue))
        } catch {
            guard exitCode(for: error) == .validationFailure else { exit(withError: error) }
            Terminal.standard.error(fullMessage(for: error))
            exit(withError: ExitCode(ExitStatus.usage.rawValue))
        }
    }
}

enum BatonVersion {
    static let number = "0.1.0"
}
