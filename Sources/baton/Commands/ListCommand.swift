import ArgumentParser
import JSONValue

struct ListCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "list", abstract: "List executions, newest first, or state machines.")

    enum Kind: String, ExpressibleByArgument, CaseIterable {
        case executions, machines
    }

    enum Status: String, ExpressibleByArgument, CaseIterable {
        case running, succeeded, failed, aborted
        case timedOut = "timed-out"

        var wireName: String { rawValue == "timed-out" ? "TIMED_OUT" : rawValue.uppercased() }
    }

    @Argument(help: "executions or machines.")
    var kind: Kind = .executions

    @Option(help: "Only executions of this state machine (name or ARN).")
    var machine: String?

    @Option(help: "Only executions of this status.")
    var status: Status?

    @Option(help: "At most so many.")
    var limit = 50

    @OptionGroup var options: ClientOptions

    func validate() throws {
        guard limit > 0 else { throw ValidationError("--limit has to be a positive number.") }
        if kind == .machines, machine != nil || status != nil {
            throw ValidationError("--machine and --status filter executions, not machines.")
        }
    }

    func run() async throws {
        let client = try options.client()
        switch kind {
        case .machines: try await listMachines(client)
        case .executions: try await listExecutions(client)
        }
    }

    private func listMachines(_ client: BatonClient) async throws {
        let machines = try await client.listAll("ListStateMachines", items: "stateMachines", limit: limit)
        if options.format.isJSON { return options.format.printJSON(.array(machines)) }
        guard !machines.isEmpty else {
            return Terminal.standard.line("There are no state machines: deploy one with 'baton deploy FILE'.")
        }
        let style = Terminal.standard.style
        var table = Table("NAME", "TYPE", "CREATED", "ARN")
        for machine in machines {
            table.add(
                (machine["name"]?.stringValue ?? "", style.bold), (machine["type"]?.stringValue ?? "", nil),
                (machine["creationDate"]?.instant.map(LocalTime.dateAndTime) ?? "", nil),
                (machine["stateMachineArn"]?.stringValue ?? "", style.dim))
        }
        table.print()
    }

    private func listExecutions(_ client: BatonClient) async throws {
        var machines: [String] = []
        var express: [String] = []
        if let machine {
            machines = [try await client.stateMachineARN(machine)]
        } else {
            for machine in try await client.listAll("ListStateMachines", items: "stateMachines") {
                guard let arn = machine["stateMachineArn"]?.stringValue else { continue }
                if machine["type"]?.stringValue == "EXPRESS" { express.append(arn) } else { machines.append(arn) }
            }
        }
        var executions: [JSON] = []
        for arn in machines {
            var body: JSONObject = ["stateMachineArn": .string(arn)]
            if let status { body["statusFilter"] = .string(status.wireName) }
            do throws(CommandError) {
                executions += try await client.listAll("ListExecutions", body, items: "executions", limit: limit)
            } catch {
                guard error.message.hasPrefix("StateMachineTypeNotSupported") else { throw error }
                throw Names.expressIsNotKept(machine ?? shortName(arn))
            }
        }
        // The API lists machine by machine.
        executions.sort { ($0["startDate"]?.doubleValue ?? 0) > ($1["startDate"]?.doubleValue ?? 0) }
        executions = Array(executions.prefix(limit))
        if options.format.isJSON { return options.format.printJSON(.array(executions)) }
        guard !executions.isEmpty else {
            Terminal.standard.line("There are no such executions: 'baton start MACHINE' starts one.")
            return note(express)
        }
        let style = Terminal.standard.style
        var table = Table("STATUS", "MACHINE", "EXECUTION", "STARTED", "TOOK")
        for execution in executions {
            let status = execution["status"]?.stringValue ?? ""
            table.add(
                (status, { style.status(status, padded: $0.count) }),
                (shortName(execution["stateMachineArn"]?.stringValue ?? ""), nil),
                (execution["name"]?.stringValue ?? "", style.bold),
                (execution["startDate"]?.instant.map(LocalTime.dateAndTime) ?? "", nil),
                (Self.took(execution), style.dim))
        }
        table.print()
        note(express)
    }

    /// Says what the list cannot hold.
    private func note(_ express: [String]) {
        guard !express.isEmpty else { return }
        let names = express.prefix(3).map(shortName).joined(separator: ", ") + (express.count > 3 ? ", …" : "")
        Terminal.standard.line(
            Terminal.standard.style.dim("Executions of Express state machines (\(names)) are not kept."))
    }

    private static func took(_ execution: JSON) -> String {
        guard let start = execution["startDate"]?.doubleValue, let stop = execution["stopDate"]?.doubleValue else {
            return ""
        }
        return LocalTime.duration(seconds: stop - start)
    }
}
