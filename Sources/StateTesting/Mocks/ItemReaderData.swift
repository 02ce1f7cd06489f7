import JSONValue
import StatesLanguage

extension StateTestRequest {
    /// The items that the Map's ItemReader makes of the data that the request has in its place; nil where there is no
    /// reader.
    func readerItems(for subject: TestSubject) throws(StateTestError) -> [JSON]? {
        guard case .map = subject.state.kind, let reader = subject.source["ItemReader"],
            let data = configuration.mapItemReaderData
        else { return nil }
        let settings = reader["ReaderConfig"]
        var items: [JSON]
        switch settings?["InputType"]?.stringValue {
        case "JSONL": items = try Self.lines(of: data)
        default: items = try Self.elements(of: data, at: settings?["ItemsPointer"]?.stringValue ?? "")
        }
        if let most = settings?["MaxItems"]?.intValue, most > 0, items.count > most {
            items.removeLast(items.count - Int(most))
        }
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
}
