import JSONPath
import JSONValue

/// A document with something for every kind of step.
private let document: JSON = [
    "a": ["b": [1, 2.5, "three", nil, true, ["c": "d"]], "b c": ["": 0]],
    "items": [
        ["sku": "a1", "price": 10, "tags": ["x", "y"], "stock": true],
        ["sku": "b2", "price": 20.5, "tags": [], "note": nil],
        ["sku": "c3", "price": "10", "dims": ["w": 1, "h": 2]],
    ],
    "matrix": [[1, 2], [3, [4, 5]], 6],
    "text": "some text",
]

/// Any text compiles or is refused; what compiles is evaluated, and a definite path gives one value or fails.
@c(LLVMFuzzerTestOneInput)
public func fuzzJSONPath(_ start: UnsafePointer<UInt8>, _ count: Int) -> CInt {
    let text = String(decoding: UnsafeBufferPointer(start: start, count: count), as: UTF8.self)
    guard let path = try? Path(text) else { return 0 }
    let result = try? path.evaluate(
        in: PathScope(document: document, context: ["Execution": ["Input": document]], variables: ["v": document]))
    if let result { _ = result.serialized() }
    if let reference = try? ReferencePath(text) { _ = try? reference.setting(1, in: document) }
    return 0
}
