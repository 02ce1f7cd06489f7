import BatonTestKit
import Foundation
import Orchestrator
import SQLiteStore
import Testing

/// The stores that have to behave alike.
enum StoreKind: String, CaseIterable, Sendable {
    case inMemory, sqlite

    /// A new, empty store, gone afterwards.
    func withStore(_ body: (any ExecutionStore) async throws -> Void) async throws {
        switch self {
        case .inMemory:
            try await body(InMemoryStore())
        case .sqlite:
            try await withFolder { folder in
                let store = try SQLiteStore(path: "\(folder)/baton.db")
                try await body(store)
                try store.close()
            }
        }
    }
}

func withFolder(_ body: (String) async throws -> Void) async throws {
    let folder = FileManager.default.temporaryDirectory.appending(path: "baton-store-\(UUID().uuidString)")
    try FileManager.default.createDirectory(at: folder, withIntermediateDirectories: true)
    defer { try? FileManager.default.removeItem(at: folder) }
    try await body(folder.path())
}

/// The error that `body` throws.
func refusal(_ body: () throws -> Void) throws -> StoreError {
    do {
        try body()
    } catch let error as StoreError {
        return error
    }
    throw NothingRefused()
}

struct NothingRefused: Error {}
