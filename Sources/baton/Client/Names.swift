import JSONValue

extension BatonClient {
    /// The ARN of a state machine that was named by name or ARN; of a version or an alias as `MACHINE:QUALIFIER`.
    func stateMachineARN(_ name: String) async throws(CommandError) -> String {
        if name.hasPrefix("arn:") { return name }
        let parts = name.split(separator: ":", maxSplits: 1).map(String.init)
        if parts.count == 2 { return try await stateMachineARN(parts[0]) + ":" + parts[1] }
        let machines = try await listAll("ListStateMachines", items: "stateMachines")
        for machine in machines where machine["name"]?.stringValue == name {
            if let arn = machine["stateMachineArn"]?.stringValue { return arn }
        }
        let known = machines.compactMap { $0["name"]?.stringValue }
        throw CommandError(
            .notFound,
            known.isEmpty
                ? "There is no state machine '\(name)', nor any other: deploy one with 'baton deploy FILE'."
                : "There is no state machine '\(name)': there are \(Self.some(of: known)).")
    }

    /// The ARN of what belongs to a state machine, named as `MACHINE:NAME` or by its ARN.
    func qualifiedARN(_ name: String, what: String, example: String) async throws(CommandError) -> String {
        let arn = try await stateMachineARN(name)
        guard arn.split(separator: ":").count == 8 else {
            throw CommandError(
                .usage, "'\(name)' names no \(what): write the state machine before it, such as \(example).")
        }
        return arn
    }

    /// The ARN of an execution that was named by ARN, as `MACHINE:EXECUTION`, by its name alone, or by its machine's
    /// name, which stands for the machine's latest execution.
    func executionARN(_ name: String) async throws(CommandError) -> String {
        if name.hasPrefix("arn:") {
            guard !name.contains(":express:") else { throw Names.expressIsNotKept(name) }
            return name
        }
        let parts = name.split(separator: ":", maxSplits: 1).map(String.init)
        if parts.count == 2 {
            return Self.executionARN(machine: try await stateMachineARN(parts[0]), name: parts[1])
        }
        let machines = try await listAll("ListStateMachines", items: "stateMachines")
        for machine in machines where machine["name"]?.stringValue == name {
            guard let arn = machine["stateMachineArn"]?.stringValue else { continue }
            guard machine["type"]?.stringValue != "EXPRESS" else { throw Names.expressIsNotKept(name) }
            let latest = try await listAll(
                "ListExecutions", ["stateMachineArn": .string(arn)], items: "executions", limit: 1)
            if let arn = latest.first?["executionArn"]?.stringValue { return arn }
            throw CommandError(
                .notFound, "The state machine '\(name)' has no execution: start one with 'baton start \(name)'.")
        }
        for machine in machines {
            guard let machineARN = machine["stateMachineArn"]?.stringValue else { continue }
            let candidate = Self.executionARN(machine: machineARN, name: name)
            do {
                _ = try await call("DescribeExecution", ["executionArn": .string(candidate)])
                return candidate
            } catch {
                guard error.status == .notFound || error.status == .failed else { throw error }
            }
        }
        throw CommandError(
            .notFound,
            "There is no execution and no state machine '\(name)': 'baton list' shows the executions. Write it as "
                + "MACHINE:NAME or as an ARN.")
    }

    func activityARN(_ name: String) async throws(CommandError) -> String {
        if name.hasPrefix("arn:") { return name }
        let activities = try await listAll("ListActivities", items: "activities")
        for activity in activities where activity["name"]?.stringValue == name {
            if let arn = activity["activityArn"]?.stringValue { return arn }
        }
        throw CommandError(
            .notFound, "There is no activity '\(name)': 'baton activity list' shows those that there are.")
    }

    /// `arn:aws:states:R:A:stateMachine:M` and a name become `arn:aws:states:R:A:execution:M:NAME`.
    static func executionARN(machine: String, name: String) -> String {
        var parts = machine.split(separator: ":", omittingEmptySubsequences: false).map(String.init)
        if parts.count >= 7 { parts[5] = "execution" }
        return (parts.prefix(7) + [name]).joined(separator: ":")
    }

    private static func some(of names: [String]) -> String {
        let shown = names.prefix(6).joined(separator: ", ")
        return names.count > 6 ? shown + ", …" : shown
    }
}

enum Names {
    static func expressIsNotKept(_ name: String) -> CommandError {
        CommandError(
            .notFound,
            "Express executions are not kept, so there is nothing to show of \(name): 'baton start --wait' prints an "
                + "outcome, and a logging configuration of the state machine keeps the events, for 'baton logs'.")
    }
}

/// The last part of an ARN: a name. Anything else is returned as it is.
func shortName(_ arn: String) -> String {
    arn.hasPrefix("arn:") ? arn.split(separator: ":").last.map(String.init) ?? arn : arn
}
