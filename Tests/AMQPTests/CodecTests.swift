import Foundation
import TestSupport
import Testing

@testable import AMQP

@Suite struct CodecTests {
    @Test("What is encoded is decoded, however the bytes are cut", arguments: 1...40 as ClosedRange<UInt64>)
    func roundTrip(seed: UInt64) throws {
        var random = SeededGenerator(seed: seed)
        let frames = (0..<60).map { _ in random.frame() }
        let bytes = encode(frames)
        var decoder = try makeDecoder()
        var decoded: [Frame] = []
        var offset = 0
        while offset < bytes.count {
            let size = min(bytes.count - offset, Int.random(in: 1...200, using: &random))
            try bytes[offset..<offset + size].withUnsafeBytes { part in
                try decoder.decode(part) { frame throws(AMQPError) in decoded.append(frame) }
            }
            offset += size
        }
        #expect(decoded == frames)
    }

    @Test("Damaged bytes give frames or an error, never a crash", arguments: 1...200 as ClosedRange<UInt64>)
    func damaged(seed: UInt64) throws {
        var random = SeededGenerator(seed: seed)
        var bytes = encode((0..<10).map { _ in random.frame() })
        for _ in 0..<Int.random(in: 1...8, using: &random) {
            bytes[Int.random(in: 0..<bytes.count, using: &random)] = .random(in: 0...255, using: &random)
        }
        var decoder = try makeDecoder()
        var count = 0
        _ = try? bytes.withUnsafeBytes { all in
            try decoder.decode(all) { frame throws(AMQPError) in
                count += 1
                // Its values are made only now.
                guard case .header(_, _, let properties) = frame else { return }
                #expect(properties.headers.dictionary.count <= properties.headers.count)
            }
        }
        #expect(count <= bytes.count / 8)
    }

    @Test("A table that nests as deep as a frame allows is cut off, not followed")
    func deepTable() throws {
        // A header frame whose table holds a table, and so on: key length 0, kind F, size.
        let depth = 15_000
        var table: [UInt8] = []
        for level in 0..<depth {
            let inner = UInt32((depth - level - 1) * 6)
            table += [0, UInt8(ascii: "F")]
            table += withUnsafeBytes(of: inner.bigEndian) { Array($0) }
        }
        var payload: [UInt8] = [0, 60, 0, 0] + [UInt8](repeating: 0, count: 8) + [0x20, 0]
        payload += withUnsafeBytes(of: UInt32(table.count).bigEndian) { Array($0) } + table
        var bytes: [UInt8] = [2, 0, 1]
        bytes += withUnsafeBytes(of: UInt32(payload.count).bigEndian) { Array($0) } + payload + [0xCE]
        // As on a connection's own thread: the library's decoder recurses.
        let decoded = try onThread(stackSize: 8 << 20) { [bytes] in
            var decoder = try makeDecoder()
            var frames: [Frame] = []
            try bytes.withUnsafeBytes { all in
                try decoder.decode(all) { frame throws(AMQPError) in frames.append(frame) }
            }
            return frames
        }
        guard case .header(1, bodySize: 0, let properties)? = decoded.first else {
            Issue.record("not decoded")
            return
        }
        #expect(properties.headers.count == 1)
        #expect(properties.isEncodable == true)
    }

    @Test("Names over 255 bytes and tables that nest too deep are recognised before they are encoded")
    func encodable() {
        #expect(MessageProperties(correlationID: String(repeating: "x", count: 255)).isEncodable)
        #expect(!MessageProperties(correlationID: String(repeating: "x", count: 256)).isEncodable)
        #expect(!MessageProperties(headers: [String(repeating: "ä", count: 128): 1]).isEncodable)
        var value = AMQPFieldValue.null
        for _ in 0..<40 { value = .array([value]) }
        #expect(!MessageProperties(headers: ["deep": value]).isEncodable)
        #expect(!OutboundMessage(routingKey: String(repeating: "k", count: 256)).isEncodable)
    }

    @Test("A frame that does not fit leaves nothing behind")
    func tooLarge() {
        let encoder = FrameEncoder(frameMax: 4096)
        var output = ByteQueue(capacity: 1)
        let small = OutboundMessage(routingKey: "k", body: [UInt8](repeating: 7, count: 10_000))
        let isSmallEncoded = encoder.encode(small, channel: 1, into: &output)
        #expect(isSmallEncoded)
        let size = output.count
        var large = small
        large.properties.headers["h"] = .string(String(repeating: "x", count: 5000))
        let isLargeEncoded = encoder.encode(large, channel: 1, into: &output)
        #expect(!isLargeEncoded)
        let sizeAfter = output.count
        #expect(sizeAfter == size)
    }

    @Test("A queue of bytes keeps its order through growing and draining", arguments: 1...20 as ClosedRange<UInt64>)
    func byteQueue(seed: UInt64) {
        var random = SeededGenerator(seed: seed)
        var queue = ByteQueue(capacity: 8)
        var model: [UInt8] = []
        for _ in 0..<300 {
            if Bool.random(using: &random) {
                let bytes = random.bytes(upTo: 40)
                bytes.withUnsafeBytes { queue.append($0) }
                model += bytes
            } else {
                let count = Int.random(in: 0...50, using: &random)
                queue.consume(count)
                model.removeFirst(min(count, model.count))
            }
            let bytes = Array(queue.bytes)
            #expect(bytes == model)
        }
    }
}

func makeDecoder() throws -> FrameDecoder {
    if let decoder = FrameDecoder.standalone(frameMax: 131_072) { return decoder }
    throw AMQPError(.protocolViolation, "no decoder")
}

/// Runs on a thread with a stack of that size.
private func onThread<Value: Sendable>(stackSize: Int, _ body: @escaping @Sendable () throws -> Value) throws -> Value {
    let done = DispatchSemaphore(value: 0)
    let result = ResultBox<Value>()
    let thread = Thread {
        result.value = Result { try body() }
        done.signal()
    }
    thread.stackSize = stackSize
    thread.start()
    done.wait()
    return try #require(result.value).get()
}

/// Written by one thread before the semaphore, read by the other after it.
private final class ResultBox<Value>: @unchecked Sendable {
    var value: Result<Value, any Error>?
}
