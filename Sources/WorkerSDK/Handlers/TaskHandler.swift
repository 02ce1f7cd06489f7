import JSONValue
import TaskProtocol

#if canImport(FoundationEssentials)
import FoundationEssentials
#else
import Foundation
#endif

/// A registered handler, its types erased: JSON text in, JSON text out.
struct TaskHandler: Sendable {
    typealias Body = @Sendable ([UInt8], TaskContext) async throws -> [UInt8]

    let source: TaskSource
    /// Nil for the worker's own.
    let prefetch: Int?
    private let body: Body

    init(_ source: TaskSource, prefetch: Int?, raw: @escaping @Sendable (JSON, TaskContext) async throws -> JSON) {
        self.init(
            source, prefetch: prefetch,
            body: { bytes, context in
                let input: JSON
                do throws(JSONError) {
                    input = try JSON(parsing: bytes)
                } catch {
                    throw TaskFailure.invalidInput("the input is not JSON: \(error.message) at byte \(error.offset)")
                }
                var output: [UInt8] = []
                try await raw(input, context).serialize(into: &output)
                return output
            })
    }

    init<Input: Decodable & Sendable, Output: Encodable & Sendable>(
        _ source: TaskSource, prefetch: Int?, typed: @escaping @Sendable (Input, TaskContext) async throws -> Output
    ) {
        self.init(
            source, prefetch: prefetch,
            body: { bytes, context in
                let output = try await typed(Self.decode(bytes), context)
                do {
                    let encoder = JSONEncoder()
                    encoder.dateEncodingStrategy = .iso8601
                    encoder.outputFormatting = [.sortedKeys, .withoutEscapingSlashes]
                    return try [UInt8](encoder.encode(output))
                } catch {
                    throw TaskFailure.invalidOutput("the output cannot be written as JSON: \(error)")
                }
            })
    }

    private init(_ source: TaskSource, prefetch: Int?, body: @escaping Body) {
        self.source = source
        self.prefetch = prefetch
        self.body = body
    }

    /// Runs the handler; every error becomes a failure, a cancellation included.
    func call(_ input: [UInt8], _ context: TaskContext) async -> TaskAnswer {
        do {
            let output = try await body(input, context)
            guard output.count <= ProtocolLimits.bodyBytes else {
                return .failure(.outputTooLarge(output.count, limit: ProtocolLimits.bodyBytes))
            }
            return .success(output)
        } catch {
            return .failure(TaskFailure(describing: error))
        }
    }

    private static func decode<Input: Decodable>(_ bytes: [UInt8]) throws(TaskFailure) -> Input {
        do {
            let decoder = JSONDecoder()
            decoder.dateDecodingStrategy = .iso8601
            return try decoder.decode(Input.self, from: Data(bytes))
        } catch let error as DecodingError {
            throw .invalidInput(describe(error))
        } catch let error as TaskFailure {
            // A type may check itself while it is decoded, and name its own error.
            throw error
        } catch {
            throw .invalidInput(String(describing: error))
        }
    }

    /// What is wrong and where, without the decoder's own vocabulary.
    private static func describe(_ error: DecodingError) -> String {
        func place(_ path: [any CodingKey]) -> String {
            path.isEmpty ? "the input" : path.map(\.stringValue).joined(separator: ".")
        }
        switch error {
        case .keyNotFound(let key, let context): return "\(place(context.codingPath + [key])) is missing"
        case .valueNotFound(_, let context): return "\(place(context.codingPath)) is null"
        case .typeMismatch(let type, let context): return "\(place(context.codingPath)) is not of type \(type)"
        case .dataCorrupted(let context): return "\(place(context.codingPath)): \(context.debugDescription)"
        @unknown default: return String(describing: error)
        }
    }
}

/// How a task ended.
enum TaskAnswer: Sendable, Hashable {
    /// JSON text.
    case success([UInt8])
    case failure(TaskFailure)
}
