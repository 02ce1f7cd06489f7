import BatonTestKit
import MemoryStore
import Orchestrator
import Testing

@Suite struct InMemoryStoreFaultTests {
    private let full = StoreError(.diskFull, "full")

    @Test func `a fault strikes once, where it was put, and the transaction is gone`() throws {
        let store = InMemoryStore()
        let writer = try store.makeWriter()
        store.failNextCommit(full)
        try writer.begin()
        try writer.apply(.rememberFunction(name: "a"))
        #expect(throws: StoreError.self) { try writer.commit() }
        #expect(try writer.knownFunctions().isEmpty)

        store.failOperation(after: 1, full)
        try writer.begin()
        try writer.apply(.rememberFunction(name: "a"))
        #expect(throws: StoreError.self) { try writer.apply(.rememberFunction(name: "b")) }
        writer.rollback()
        #expect(try writer.knownFunctions().isEmpty)

        store.failNextBegin(full)
        #expect(throws: StoreError.self) { try writer.begin() }
        try writer.begin()
        try writer.apply(.rememberFunction(name: "c"))
        try writer.commit()
        #expect(try writer.knownFunctions() == ["c"])
        let statistics = store.statistics
        #expect(statistics.commits == 1 && statistics.rollbacks == 2 && statistics.operations == 4)
    }

    @Test func `a disk stays full until it is repaired`() async throws {
        let store = InMemoryStore()
        let writer = try store.makeWriter()
        store.failWrites(full)
        for _ in 0..<2 { #expect(throws: StoreError.self) { try writer.begin() } }
        store.failWrites(nil)
        try writer.begin()
        try writer.commit()
        store.failReads(full)
        await #expect(throws: StoreError.self) { _ = try await store.counts() }
    }

    @Test func `a reopened store has what was committed`() throws {
        let store = InMemoryStore()
        let writer = try store.makeWriter()
        let key = try writer.nextExecutionKey()
        try writer.begin()
        try writer.apply(.rememberFunction(name: "a"))
        try writer.commit()
        try writer.begin()
        try writer.apply(.rememberFunction(name: "b"))
        let again = try store.reopened().makeWriter()
        #expect(try again.knownFunctions() == ["a"])
        #expect(try again.nextExecutionKey() > key)
    }
}
