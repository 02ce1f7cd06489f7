import Interpreter
import JSONValue
import StatesLanguage

extension StateTestRequest {
    /// The items that the Map's ItemReader makes of the data that the request has in its place; nil where there is no
    /// reader.
    func readerItems(for subject: TestSubject) throws(StateTestError) -> [JSON]? {
        guard case .map(let map) = subject.state.kind, let reader = map.distributed?.reader,
            let data = configuration.mapItemReaderData
        else { return nil }
        var items: [JSON]
        switch reader.format.inputType {
        case .jsonl: items = try Self.lines(of: data)
        case .csv: items = try Self.rows(of: data, reader.format)
        default: items = try Self.elements(of: data, at: reader.format.itemsPointer ?? "")
        }
        if case .constant(let most)? = reader.maxItems, most > 0 { items = Array(items.prefix(most)) }
        return items
    }

    private static func elements(of text: String, at pointer: String) throws(StateTestError) -> [JSON] {
        guard let value = (try? JSON(parsing: text))?.value(at: pointer), case .array(let items) = value else {
            throw StateTestError(.invalidRequest, "MapItemReaderData must be a JSON array, as the ItemReader reads it.")
        }
        return items
    }

    private static func lines(of text: String) throws(StateTestError) -> [JSON] {
        var items: [JSON] = []
        for line in text.split(whereSeparator: \.isNewline) {
            guard let item = try? JSON(parsing: String(line)) else {
                throw StateTestError(.invalidRequest, "MapItemReaderData must be JSON in each of its lines.")
            }
            items.append(item)
        }
        return items
    }

    private static func rows(of text: String, _ format: ItemReader.Format) throws(StateTestError) -> [JSON] {
        var rows = DelimitedText(Array(text.utf8), delimiter: format.delimiter)
        let headers = (format.headerLocation == .given ? format.headers : rows.nextRow()) ?? []
        guard Set(headers.map { Array($0.utf8) }).count == headers.count else {
            throw StateTestError(.invalidRequest, "CSV headers cannot contain duplicates.")
        }
        var items: [JSON] = []
        while let row = rows.nextRow() {
            let fields = headers.enumerated().map { position, header in
                (header, JSON.string(position < row.count ? row[position] : ""))
            }
            items.append(.object(JSONObject(fields)))
        }
        return items
    }
}
