import Interpreter
import JSONValue
import StatesLanguage
import Synchronization
import Testing

@testable import Orchestrator

/// Objects in a dictionary.
final class ObjectsInMemory: ObjectStore {
    private let objects: Mutex<[String: [UInt8]]>

    init(_ texts: [String: String] = [:]) { objects = Mutex(texts.mapValues { Array($0.utf8) }) }

    subscript(key: String) -> [UInt8]? { objects.withLock { $0[key] } }

    func get(_ object: ObjectAddress, limit: Int) async throws(ObjectStoreError) -> [UInt8] {
        guard let bytes = self[object.key] else {
            throw ObjectStoreError(.noSuchKey, "The specified key does not exist.")
        }
        return bytes
    }

    func list(bucket: String, prefix: String, continuation: String?) async throws(ObjectStoreError) -> ObjectPage {
        let keys = objects.withLock { $0.keys.filter { $0.hasPrefix(prefix) }.sorted() }
        // One a page.
        let index = continuation.flatMap { Int($0) } ?? 0
        guard index < keys.count else { return ObjectPage(objects: [], continuation: nil) }
        let object = ListedObject(
            key: keys[index], etag: "\"e\"", size: self[keys[index]]?.count ?? 0,
            modifiedAt: Timestamp(microseconds: 5_000_000))
        return ObjectPage(objects: [object], continuation: index + 1 < keys.count ? String(index + 1) : nil)
    }

    func put(_ object: ObjectAddress, body: [UInt8], contentType: String) async throws(ObjectStoreError) {
        objects.withLock { $0[object.key] = body }
    }
}

@Suite struct ItemSourceTests {
    struct Reading: Sendable, CustomTestStringConvertible {
        var text: String
        var maxItems = 0
        var format: ItemReader.Format
        /// The items as JSON, or why there are none.
        var result: String
        var testDescription: String { text }

        init(
            _ text: String, _ type: ItemReader.Format.InputType, maxItems: Int = 0, _ result: String,
            _ change: (inout ItemReader.Format) -> Void = { _ in }
        ) {
            self.text = text
            self.maxItems = maxItems
            self.result = result
            format = ItemReader.Format()
            format.inputType = type
            if type == .csv { format.headerLocation = .firstRow }
            change(&format)
        }
    }

    private func read(
        _ request: MapRunPlan.ObjectRequest, _ objects: ObjectsInMemory
    ) async -> String {
        var items: [JSON] = []
        do throws(ItemSourceFailure) {
            try await ItemSource(request: request, objects: objects, limit: 1 << 20).read {
                count, bytes throws(ItemSourceFailure) in
                guard let portion = (try? JSON(parsing: bytes))?.arrayValue, portion.count == count else {
                    throw ItemSourceFailure("not a portion")
                }
                items += portion
            }
        } catch {
            return error.cause
        }
        return JSON.array(items).serialized()
    }

    @Test(arguments: [
        Reading("[1,[2],{}]", .json, "[1,[2],{}]"),
        Reading("[1,2,3]", .json, maxItems: 2, "[1,2]"),
        Reading("[1,2,3]", .json, maxItems: -1, "field MaxItems must be positive"),
        Reading(#"{"a":1}"#, .json, "Attempting to map over non-iterable node."),
        Reading(#"{"a":{"b":[4,5]}}"#, .json, "[4,5]") { $0.itemsPointer = "/a/b" },
        Reading(#"{"a":1}"#, .json, "The ItemsPointer '/b' names nothing in the object 'k'.") {
            $0.itemsPointer = "/b"
        },
        Reading("{\"a\":1}\r\n\n  \n[2]", .jsonl, #"[{"a":1},[2]]"#),
        Reading("1\n2\n3\n", .jsonl, maxItems: 2, "[1,2]"),
        Reading(
            "a,b\n1,2\n,,,\n3\n   \n", .csv,
            #"[{"a":"1","b":"2"},{"a":"","b":""},{"a":"3","b":""},{"a":"   ","b":""}]"#),
        Reading("a,b\r\n\"1,\"\"x\"\"\",\"2\n3\"\r\n", .csv, #"[{"a":"1,\"x\"","b":"2\n3"}]"#),
        Reading("\u{FEFF}a\n1", .csv, #"[{"a":"1"}]"#),
        Reading("a|b\n1|2,3", .csv, #"[{"a":"1","b":"2,3"}]"#) { $0.delimiter = .pipe },
        Reading("1\t2", .csv, #"[{"x":"1","y":"2"}]"#) {
            $0.delimiter = .tab
            $0.headerLocation = .given
            $0.headers = ["x", "y"]
        },
        Reading("a,a\n1,2", .csv, "CSV headers cannot contain duplicates."),
        Reading("1,2", .csv, "CSV headers cannot contain duplicates.") {
            $0.headerLocation = .given
            $0.headers = ["x", "x"]
        },
        Reading("", .csv, "[]"),
        Reading("PAR1", .parquet, "Baton does not read objects of the InputType PARQUET: use CSV, JSON or JSONL."),
    ])
    func `an object's items`(_ reading: Reading) async {
        let request = MapRunPlan.ObjectRequest(
            action: .getObject, parameters: ["Bucket": "b", "Key": "k"], format: reading.format,
            maxItems: reading.maxItems)
        #expect(await read(request, ObjectsInMemory(["k": reading.text])) == reading.result)
        #expect(
            MapRunPlan.ObjectRequest(action: .getObject, parameters: .null, format: .init(), maxItems: 0) != request)
    }

    @Test func `a missing object is told in the store's words`() async {
        let request = MapRunPlan.ObjectRequest(
            action: .getObject, parameters: ["Bucket": "b", "Key": "none"], format: .init(), maxItems: 0)
        #expect(await read(request, ObjectsInMemory()) == "The specified key does not exist.")
    }

    @Test func `a listing's objects are items, or hold them`() async {
        let objects = ObjectsInMemory(["p/1": "[1]", "p/2": "[2,3]", "q": "[9]"])
        var request = MapRunPlan.ObjectRequest(
            action: .listObjectsV2, parameters: ["Bucket": "b", "Prefix": "p/"], format: .init(), maxItems: 0)
        let entry = #"{"Etag":"\"e\"","Key":"p/1","LastModified":5,"Size":3,"StorageClass":"STANDARD"}"#
        #expect(await read(request, objects).hasPrefix("[\(entry),"))
        request.maxItems = 1
        #expect(await read(request, objects) == "[\(entry)]")
        request.maxItems = 2
        request.format.loadsListedObjects = true
        #expect(await read(request, objects) == "[1,2]")
    }
}
