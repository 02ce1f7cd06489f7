import JSONValue

/// Where an alias leads, as the command line writes it: `3`, or `3=90 4=10`.
struct AliasRoutes: Sendable, Hashable {
    private(set) var routes: [Route] = []

    struct Route: Sendable, Hashable {
        var version: Int
        /// Per cent.
        var weight: Int
    }

    /// - Throws: a sentence that says what is wrong.
    init(parsing texts: [String]) throws(CommandError) {
        guard (1...2).contains(texts.count) else {
            throw CommandError(.usage, "An alias has one route or two, and here are \(texts.count): such as 3=90 4=10.")
        }
        for text in texts {
            let parts = text.split(separator: "=", maxSplits: 1, omittingEmptySubsequences: false)
            let weight = parts.count == 2 ? Int(parts[1]) : texts.count == 1 ? 100 : nil
            guard let version = Int(parts[0]), version > 0, let weight, (0...100).contains(weight) else {
                throw CommandError(
                    .usage,
                    "'\(text)' is not a route: write VERSION, or VERSION=PERCENT where there are two, such as 3=90 4=10."
                )
            }
            routes.append(Route(version: version, weight: weight))
        }
        let sum = routes.reduce(0) { $0 + $1.weight }
        guard sum == 100 else {
            throw CommandError(.usage, "The routes share out \(sum) per cent, and have to share out 100.")
        }
    }

    /// Of what DescribeStateMachineAlias answers.
    init(shown alias: JSON) {
        routes = (alias["routingConfiguration"]?.arrayValue ?? []).map { route in
            Route(
                version: Int(shortName(route["stateMachineVersionArn"]?.stringValue ?? "")) ?? 0,
                weight: Int(route["weight"]?.intValue ?? 0))
        }
    }

    var text: String {
        routes.count == 1
            ? "version \(routes[0].version)"
            : routes.map { "version \($0.version): \($0.weight) %" }.joined(separator: ", ")
    }

    /// As the API takes it, for an alias of that ARN.
    func json(alias arn: String) -> JSON {
        let machine = arn.split(separator: ":", omittingEmptySubsequences: false).dropLast().joined(separator: ":")
        return .array(
            routes.map { route in
                [
                    "stateMachineVersionArn": .string("\(machine):\(route.version)"),
                    "weight": .int(Int64(route.weight)),
                ]
            })
    }
}
