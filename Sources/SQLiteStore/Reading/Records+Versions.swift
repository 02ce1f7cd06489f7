import JSONValue
import Orchestrator

extension StateMachineVersionRecord {
    init(_ row: inout RowReader) throws(StoreError) {
        self.init(
            stateMachineARN: row.text(), number: row.int(), createdAt: row.time(), description: row.optionalText(),
            revision: try StateMachineRevision(&row))
    }
}

extension StateMachineAliasRecord {
    init(_ row: inout RowReader) throws(StoreError) {
        self.init(
            stateMachineARN: row.text(), name: row.text(), description: row.optionalText(), createdAt: row.time(),
            updatedAt: row.time(), routes: [])
        let stored = try row.json("routes")
        for route in stored.arrayValue ?? [] {
            guard let version = route["version"]?.intValue, let weight = route["weight"]?.intValue else {
                throw row.unexpected("route \"\(route.serialized())\"")
            }
            routes.append(Route(version: Int(version), weight: Int(weight)))
        }
    }

    /// What the column `routes` holds.
    var storedRoutes: String {
        JSON.array(
            routes.map { ["version": .int(Int64($0.version)), "weight": .int(Int64($0.weight))] }
        ).serialized()
    }
}
