/// Columns that line up. Paint is applied after padding, so that escape sequences do not disturb the widths.
struct Table {
    typealias Paint = (String) -> String

    private let header: [String]
    private var rows: [[(text: String, paint: Paint?)]] = []

    init(_ header: String...) { self.header = header }

    var isEmpty: Bool { rows.isEmpty }

    mutating func add(_ cells: (String, Paint?)...) {
        rows.append(cells.map { (text: $0.0.shortened(to: 120), paint: $0.1) })
    }

    func lines(_ style: Style) -> [String] {
        var widths = header.map(\.count)
        for row in rows {
            for (column, cell) in row.enumerated() { widths[column] = max(widths[column], cell.text.count) }
        }
        func join(_ cells: [String]) -> String {
            let text = cells.joined(separator: "  ")
            return String(text.reversed().drop { $0 == " " }.reversed())
        }
        let top = join(header.enumerated().map { style.bold($1.padded(to: widths[$0])) })
        return [top]
            + rows.map { row in
                join(
                    row.enumerated().map { column, cell in
                        let text = cell.text.padded(to: column == row.count - 1 ? 0 : widths[column])
                        return cell.paint?(text) ?? text
                    })
            }
    }

    func print(to terminal: Terminal = .standard) {
        for line in lines(terminal.style) { terminal.line(line) }
    }
}
