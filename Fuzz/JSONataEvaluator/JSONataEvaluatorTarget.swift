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
/// How much of the processor may be used from one question to the hook to the next. Instrumented code is several times
/// slower than any other, and what an evaluation has made is released after the last question.
private let gap: Int64 = 500
private let memory = 64 << 20
/// How far the process may grow beyond what the evaluation has accounted for.
private let memoryGrace = 256 << 20

/// Anything that parses is evaluated within its budget: of time, measured on this thread's processor clock so that a
/// busy machine is no finding, of levels, stack and memory. The hook is asked all the time, and nothing goes on after
/// it has said so. The result is JSON.
@c(LLVMFuzzerTestOneInput)
public func fuzzJSONataEvaluator(_ start: UnsafePointer<UInt8>, _ count: Int) -> CInt {
    let text = String(decoding: UnsafeBufferPointer(start: start, count: count), as: UTF8.self)
    // Either dialect has functions of its own; the length decides, so that an input always means the same.
    let inStates = count % 4 == 3
    guard
        let expression = try? Expression(
            text, level: inStates ? .v206 : .v22, dialect: inStates ? .statesLanguage : .jsonata)
    else { return 0 }
    let watch = Watch()
    let limits = EvaluationLimits(depth: 300, stack: 2 << 20, memory: memory) { watch.isOver() }
    let environment = EvaluationEnvironment(
        now: Timestamp(milliseconds: 1_732_290_000_123), seed: 42, limits: limits,
        nonFiniteNumbers: inStates ? .text : .null, hash: { _, bytes in bytes })
    do throws(JSONataError) {
        let result = try expression.evaluate(document, bindings: ["states": document], environment: environment)
        watch.check()
        if let result, (try? JSON(parsing: result.serialized(), maximumDepth: 100_000)) == nil {
            fatalError("the result is not JSON: \(result)")
        }
    } catch {
        watch.check()
        _ = error.message
        if let position = error.position, position < 0 || position > text.utf16.count {
            fatalError("position \(position) is not in the expression")
        }
    }
    return 0
}

/// Looks at what one evaluation uses up.
// Proof: an evaluation asks its hook on the thread that it runs on, which is the fuzzer's.
private final class Watch: @unchecked Sendable {
    private let began = processorTime()
    private var asked = processorTime()
    private let size = residentBytes()
    private var hasEnded = false

    func isOver() -> Bool {
        check()
        if hasEnded { fatalError("the evaluation went on after its hook had ended it") }
        if residentBytes() - size > memory + memoryGrace {
            fatalError("the evaluation uses more memory than it counts")
        }
        hasEnded = asked - began > milliseconds
        return hasEnded
    }

    func check() {
        let now = processorTime()
        if now - asked > gap { fatalError("\(now - asked) ms without a question to the hook") }
        asked = now
    }
}

private func processorTime() -> Int64 {
    var time = timespec()
    clock_gettime(CLOCK_THREAD_CPUTIME_ID, &time)
    return Int64(time.tv_sec) * 1_000 + Int64(time.tv_nsec) / 1_000_000
}

/// What the process takes of the memory; 0 where the system does not tell.
private func residentBytes() -> Int {
    #if os(Linux)
    guard let file = fopen("/proc/self/statm", "r") else { return 0 }
    defer { fclose(file) }
    var line = [CChar](repeating: 0, count: 128)
    guard fgets(&line, CInt(line.count), file) != nil else { return 0 }
    let fields = line.split(separator: CChar(UInt8(ascii: " ")))
    guard fields.count > 1 else { return 0 }
    return fields[1].reduce(0) { $0 * 10 + Int($1) - 0x30 } * 4_096
    #else
    return 0
    #endif
}
