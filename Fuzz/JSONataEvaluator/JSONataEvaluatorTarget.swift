import JSONValue
import JSONata

#if canImport(Darwin)
import Darwin
#elseif canImport(Musl)
import Musl
#else
import Glibc
#endif

/// A document with something for every kind of operator.
private let document: JSON = [
    "Account": [
        "Name": "Firefly",
        "Order": [
            [
                "OrderID": "order103",
                "Product": [
                    ["Name": "Bowler Hat", "Price": 34.45, "Quantity": 2, "Tags": ["a", "b"]],
                    ["Name": "Trilby hat", "Price": 21.67, "Quantity": 1, "Tags": []],
                ],
            ],
            ["OrderID": "order104", "Product": ["Name": "Cloak", "Price": 107.99, "Quantity": 1, "Size": nil]],
        ],
    ],
    "n": 12, "s": "hello world", "t": "2018-03-27T15:24:29.878Z", "b": true, "z": nil, "list": [3, 1, 2, 2],
    "nest": [[1, [2, [3, "four"]]], ["k": ["k": ["k": 1]]]], "": "empty",
]

private let milliseconds: Int64 = 100
/// How far an evaluation may overrun its time, and be it in one call of a function.
private let grace: Int64 = 900

/// Anything that parses is evaluated within its budget: of time, measured on this thread's processor clock so that a
/// busy machine is no finding, of levels, stack and memory. The result is JSON.
@c(LLVMFuzzerTestOneInput)
public func fuzzJSONataEvaluator(_ start: UnsafePointer<UInt8>, _ count: Int) -> CInt {
    let text = String(decoding: UnsafeBufferPointer(start: start, count: count), as: UTF8.self)
    // Either dialect has functions of its own; the length decides, so that an input always means the same.
    let inStates = count % 4 == 3
    guard
        let expression = try? Expression(
            text, level: inStates ? .v206 : .v22, dialect: inStates ? .statesLanguage : .jsonata)
    else { return 0 }
    let began = processorTime()
    let limits = EvaluationLimits(depth: 300, stack: 2 << 20, memory: 64 << 20) {
        processorTime() - began > milliseconds
    }
    let environment = EvaluationEnvironment(
        now: Timestamp(milliseconds: 1_732_290_000_123), seed: 42, limits: limits,
        nonFiniteNumbers: inStates ? .text : .null, hash: { _, bytes in bytes })
    do throws(JSONataError) {
        let result = try expression.evaluate(document, bindings: ["states": document], environment: environment)
        if let result, (try? JSON(parsing: result.serialized(), maximumDepth: 100_000)) == nil {
            fatalError("the result is not JSON: \(result)")
        }
    } catch {
        _ = error.message
        if let position = error.position, position < 0 || position > text.utf16.count {
            fatalError("position \(position) is not in the expression")
        }
    }
    let took = processorTime() - began
    if took > milliseconds + grace { fatalError("\(took) ms instead of \(milliseconds)") }
    return 0
}

private func processorTime() -> Int64 {
    var time = timespec()
    clock_gettime(CLOCK_THREAD_CPUTIME_ID, &time)
    return Int64(time.tv_sec) * 1_000 + Int64(time.tv_nsec) / 1_000_000
}
