import Interpreter
import JSONValue
import StatesLanguage

/// The executions that a map run is made of.
extension EngineCore {
    mutating func startChild(
        of run: LiveMapRun, at now: Timestamp, _ effects: inout Effects
    ) throws(StoreError) {
        let first = run.record.progress.next
        let input: JSON
        let count: Int
        switch try childInput(of: run, at: now) {
        case .success(let next): (input, count) = next
        case .failure(let error):
            end(run, .failed, error.failure)
            return
        }
        let record = run.record
        guard let definition = try definition(revision: record.revision, mapRun: record) else {
            throw unreadable(record.executionARN)
        }
        let name = newUUID()
        let arn =
            switch record.executionType {
            case .standard: ExecutionARN.make(stateMachineARN: record.childMachineARN, name: name)
            case .express:
                ExecutionARN.make(stateMachineARN: record.childMachineARN, name: name, kind: "express") + ":"
                    + newUUID()
            }
        let identity = ExecutionIdentity(
            key: try writer.nextExecutionKey(), partition: configuration.partition, arn: arn, name: name,
            stateMachineARN: record.childMachineARN, stateMachineName: record.childMachineName,
            roleARN: record.roleARN, startedAt: now)
        let child = ExecutionRecord(
            identity: identity, revision: record.revision, status: .running, input: input.serialized(),
            child: MapRunChild(mapRun: record.number, mapRunARN: record.arn, firstItem: first, itemCount: count))
        try apply(.insertExecution(child))
        run.record.progress.next += count
        run.record.progress.items.running += count
        run.record.progress.executions.running += 1
        let (execution, step) = Execution.start(
            identity, definition: definition, input: input, limits: configuration.limits, at: now, using: &random,
            effort: .slice)
        let live = LiveExecution(execution: execution, record: child, sequence: 0, checkpointed: 0)
        self.live[identity.key] = live
        openExecutions = openExecutions.map { $0 + 1 }
        effects.counted.append(metrics.started)
        try write(step, of: live, at: now, &effects)
    }

    /// What the next child gets, and of how many items that is made.
    private mutating func childInput(
        of run: LiveMapRun, at now: Timestamp
    ) throws(StoreError) -> Result<(JSON, Int), MapItemFailure> {
        let first = run.record.progress.next
        guard let batching = run.batching else {
            switch try selected(first, of: run, at: now) {
            case .success(let item): return .success((item, 1))
            case .failure(let failure): return .failure(failure)
            }
        }
        var batch = JSONObject()
        batch["BatchInput"] = batching.input
        let most = min(batching.maxItems ?? .max, run.record.progress.total - first)
        // With AWS a batch is never larger than an input may be.
        let bytes = min(batching.maxBytes ?? .max, configuration.limits.payloadBytes)
        var size = JSON.object(batch).serialized().utf8.count + #","Items":[]"#.utf8.count
        var items: [JSON] = []
        while items.count < most {
            switch try selected(first + items.count, of: run, at: now) {
            case .success(let item):
                size += item.serialized().utf8.count + (items.isEmpty ? 0 : 1)
                if size > bytes, !items.isEmpty { return .success(Self.batch(batch, items)) }
                items.append(item)
            case .failure(let failure): return .failure(failure)
            }
        }
        return .success(Self.batch(batch, items))
    }

    private static func batch(_ batch: JSONObject, _ items: [JSON]) -> (JSON, Int) {
        var batch = batch
        batch["Items"] = .array(items)
        return (.object(batch), items.count)
    }

    /// An item as the ItemSelector makes it.
    private mutating func selected(
        _ index: Int, of run: LiveMapRun, at now: Timestamp
    ) throws(StoreError) -> Result<JSON, MapItemFailure> {
        if run.portion.map({ !($0.first..<$0.first + $0.items.count).contains(index) }) ?? true {
            guard let row = try writer.mapItems(mapRun: run.record.number, containing: index),
                let items = (try? JSON(parsing: row.items))?.arrayValue
            else { throw unreadable(run.record.executionARN) }
            run.portion = (row.first, items)
        }
        guard let portion = run.portion else { throw unreadable(run.record.executionARN) }
        let item = portion.items[index - portion.first]
        guard run.selectsItems, let parent = try liveExecution(run.record.execution) else { return .success(item) }
        do throws(MapItemFailure) {
            return .success(
                try parent.execution.childInput(
                    ofMapRun: run.record.arn, item: item, index: index, at: now, using: &random))
        } catch {
            return .failure(error)
        }
    }

    mutating func abortChildren(
        of run: LiveMapRun, _ budget: inout Int, at now: Timestamp, _ effects: inout Effects
    ) throws(StoreError) {
        let limit = min(budget, 100)
        let children = try writer.children(mapRun: run.record.number, after: run.abortedUpTo, limit: limit)
        budget -= max(children.count, 1)
        guard let last = children.last else {
            // None is left, whatever the counts say.
            run.record.progress.executions.running = 0
            run.record.progress.items.running = 0
            return
        }
        for child in children where child.status == .running {
            guard let live = try liveExecution(child.identity.key) else { continue }
            try overtake(live, .stop(StateFailure(error: nil, cause: nil)), at: now, &effects)
        }
        run.abortedUpTo = last.identity.key
    }
}
