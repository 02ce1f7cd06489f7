package import JSONValue

/// What a data folder holds.
package struct Listing: Sendable {
    var table: String
    var rows: [JSONObject]
    var calls: [JSONObject]

    /// For programs: both tables.
    package var json: JSON {
        .object(
            JSONObject([
                (table, .array(rows.map(JSON.object))),
                ("calls", .array(calls.map(JSON.object))),
            ]))
    }

    /// For people: the service's own table.
    package var text: String {
        guard let first = rows.first else { return "no \(table)\n" }
        let columns = first.keys
        let cells = [columns] + rows.map { row in columns.map { Self.cell(row[$0] ?? .null) } }
        let widths = columns.indices.map { column in cells.map { $0[column].count }.max() ?? 0 }
        return cells.map { row in
            let line = zip(row, widths).map { cell, width in
                cell + String(repeating: " ", count: width - cell.count)
            }.joined(separator: "  ")
            return String(line.reversed().drop { $0 == " " }.reversed()) + "\n"
        }.joined()
    }

    private static func cell(_ value: JSON) -> String {
        switch value {
        case .null: "-"
        case .string(let text): text
        default: value.serialized()
        }
    }
}
