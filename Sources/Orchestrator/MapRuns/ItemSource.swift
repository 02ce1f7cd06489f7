import Interpreter
import JSONValue
import StatesLanguage

/// Reads the items of a map run from an object store.
///
/// Follows https://docs.aws.amazon.com/step-functions/latest/dg/input-output-itemreader.html; the texts of failures are
/// those that AWS was recorded with where they are known.
struct ItemSource {
    let request: MapRunPlan.ObjectRequest
    let objects: any ObjectStore
    /// Bytes of one object.
    let limit: Int

    /// Hands the items out in portions: JSON arrays with the number of their elements.
    typealias Portion = (count: Int, items: [UInt8])

    func read(_ take: (Portion) async throws(ItemSourceFailure) -> Void) async throws(ItemSourceFailure) {
        guard request.maxItems >= 0 else { throw ItemSourceFailure("field MaxItems must be positive") }
        if let headers = request.format.headers { try Self.check(headers: headers) }
        var portions = Portions(maximum: request.maxItems == 0 ? .max : request.maxItems)
        switch request.action {
        case .getObject:
            let key = try text("Key")
            try await readObject(key, version: request.parameters["VersionId"]?.stringValue, into: &portions, take)
        case .listObjectsV2: try await readListing(into: &portions, take)
        }
        if let last = portions.rest() { try await take(last) }
    }

    private func text(_ name: String) throws(ItemSourceFailure) -> String {
        guard let text = request.parameters[name]?.stringValue, !text.isEmpty else {
            throw ItemSourceFailure("The ItemReader's field '\(name)' must be a text that is not empty.")
        }
        return text
    }

    // MARK: Listings

    private func readListing(
        into portions: inout Portions, _ take: (Portion) async throws(ItemSourceFailure) -> Void
    ) async throws(ItemSourceFailure) {
        let bucket = try text("Bucket")
        let prefix = request.parameters["Prefix"]?.stringValue ?? ""
        var continuation: String?
        repeat {
            let page: ObjectPage
            do throws(ObjectStoreError) {
                page = try await objects.list(bucket: bucket, prefix: prefix, continuation: continuation)
            } catch {
                throw ItemSourceFailure(error.message)
            }
            for object in page.objects where !portions.isFull {
                if request.format.loadsListedObjects {
                    guard !object.key.hasSuffix("/") else { continue }
                    try await readObject(object.key, version: nil, into: &portions, take)
                } else {
                    portions.add(object.item)
                }
                if let portion = portions.next() { try await take(portion) }
            }
            continuation = page.continuation
        } while continuation != nil && !portions.isFull
    }

    // MARK: Objects

    private func readObject(
        _ key: String, version: String?, into portions: inout Portions,
        _ take: (Portion) async throws(ItemSourceFailure) -> Void
    ) async throws(ItemSourceFailure) {
        let format = request.format
        switch format.inputType {
        case .parquet?, .manifest?:
            throw ItemSourceFailure(
                "Baton does not read objects of the InputType \(format.inputType?.rawValue ?? ""): use CSV, JSON or "
                    + "JSONL.")
        default: break
        }
        let address = ObjectAddress(bucket: try text("Bucket"), key: key, version: version)
        let bytes: [UInt8]
        do throws(ObjectStoreError) {
            bytes = try await objects.get(address, limit: limit)
        } catch {
            throw ItemSourceFailure(error.message)
        }
        switch format.inputType ?? Self.type(ofKey: key) {
        case .csv: try await readRows(bytes, into: &portions, take)
        case .jsonl: try await readLines(bytes, key, into: &portions, take)
        default: try await readDocument(bytes, key, into: &portions, take)
        }
    }

    private static func type(ofKey key: String) -> ItemReader.Format.InputType {
        if key.hasSuffix(".csv") { return .csv }
        return key.hasSuffix(".jsonl") ? .jsonl : .json
    }

    private func readDocument(
        _ bytes: [UInt8], _ key: String, into portions: inout Portions,
        _ take: (Portion) async throws(ItemSourceFailure) -> Void
    ) async throws(ItemSourceFailure) {
        let document: JSON
        do throws(JSONError) {
            document = try JSON(parsing: bytes)
        } catch {
            throw ItemSourceFailure("The object '\(key)' is not JSON: \(error.message).")
        }
        var found: JSON? = document
        if let pointer = request.format.itemsPointer, !pointer.isEmpty {
            for token in pointer.split(separator: "/", omittingEmptySubsequences: false).dropFirst() {
                found = found?.member(JSONPointer.unescape(token))
            }
            guard found != nil else {
                throw ItemSourceFailure("The ItemsPointer '\(pointer)' names nothing in the object '\(key)'.")
            }
        }
        guard let items = found?.arrayValue else {
            throw ItemSourceFailure("Attempting to map over non-iterable node.")
        }
        for item in items where !portions.isFull {
            portions.add(item)
            if let portion = portions.next() { try await take(portion) }
        }
    }

    private func readLines(
        _ bytes: [UInt8], _ key: String, into portions: inout Portions,
        _ take: (Portion) async throws(ItemSourceFailure) -> Void
    ) async throws(ItemSourceFailure) {
        var number = 0
        for line in bytes.split(separator: 0x0A, omittingEmptySubsequences: false) where !portions.isFull {
            number += 1
            guard line.contains(where: { ![0x20, 0x09, 0x0D].contains($0) }) else { continue }
            do throws(JSONError) {
                portions.add(try JSON(parsing: Array(line)))
            } catch {
                throw ItemSourceFailure("Line \(number) of the object '\(key)' is not JSON: \(error.message).")
            }
            if let portion = portions.next() { try await take(portion) }
        }
    }

    private func readRows(
        _ bytes: [UInt8], into portions: inout Portions,
        _ take: (Portion) async throws(ItemSourceFailure) -> Void
    ) async throws(ItemSourceFailure) {
        var rows = DelimitedText(bytes, delimiter: request.format.delimiter)
        var headers = request.format.headers ?? []
        if request.format.headerLocation != .given {
            headers = rows.nextRow() ?? []
            try Self.check(headers: headers)
        }
        while !portions.isFull, let row = rows.nextRow() {
            // What a row has too little of is empty, what it has too much is left out.
            let fields = headers.enumerated().map { position, header in
                (header, JSON.string(position < row.count ? row[position] : ""))
            }
            portions.add(.object(JSONObject(fields)))
            if let portion = portions.next() { try await take(portion) }
        }
    }

    private static func check(headers: [String]) throws(ItemSourceFailure) {
        guard Set(headers.map { Array($0.utf8) }).count == headers.count else {
            throw ItemSourceFailure("CSV headers cannot contain duplicates.")
        }
    }
}

/// States.ItemReaderFailed.
struct ItemSourceFailure: Error {
    let cause: String
    init(_ cause: String) { self.cause = cause }
}

/// Puts items together until they are worth a row.
private struct Portions {
    private static let itemsPerPortion = 512
    private static let bytesPerPortion = 128 << 10

    private var left: Int
    private var count = 0
    private var bytes: [UInt8] = []

    init(maximum: Int) { left = maximum }

    var isFull: Bool { left == 0 }

    mutating func add(_ item: JSON) {
        guard left > 0 else { return }
        left -= 1
        count += 1
        bytes.append(bytes.isEmpty ? UInt8(ascii: "[") : UInt8(ascii: ","))
        item.serialize(into: &bytes)
    }

    /// What has gathered, once it is enough.
    mutating func next() -> ItemSource.Portion? {
        count >= Self.itemsPerPortion || bytes.count >= Self.bytesPerPortion ? rest() : nil
    }

    mutating func rest() -> ItemSource.Portion? {
        guard count > 0 else { return nil }
        defer {
            count = 0
            bytes = []
        }
        return (count, bytes + [UInt8(ascii: "]")])
    }
}

extension JSON {
    fileprivate func member(_ token: String) -> JSON? {
        switch self {
        case .object: self[token]
        case .array(let elements): Int(token).flatMap { elements.indices.contains($0) ? elements[$0] : nil }
        default: nil
        }
    }
}

extension ListedObject {
    /// As AWS hands it to a child execution.
    fileprivate var item: JSON {
        [
            "Etag": .string(etag), "Key": .string(key), "LastModified": .int(modifiedAt.milliseconds / 1000),
            "Size": .int(Int64(size)), "StorageClass": .string(storageClass),
        ]
    }
}
