import JSONValue
package import StatesLanguage

/// A checkpoint is a saved fold: JSON, so that it can be read in the database like the journal.
extension Execution {
    /// The fold, to go on from without the events so far. Of an execution that ended, only how it ended is kept.
    package func checkpoint() -> [UInt8] {
        var members = Members()
        members.add("version", 1)
        members.add("status", status.rawValue)
        members.add("lastEventId", lastEventID)
        members.add("input", input)
        members.add("nextTask", nextTask)
        members.add("nextTimer", nextTimer)
        if let outcome {
            var ending = Members()
            ending.add("output", outcome.output)
            ending.add("failure", outcome.failure.map(Self.json))
            members.add("outcome", ending.json)
        } else {
            members.add("scopes", .array(scopes.indices.map(json(ofScope:))))
            members.add("freeSlots", .array(freeSlots.map { .int(Int64($0)) }))
            members.add("ready", .array(ready.map { .int(Int64($0)) }))
            members.add("tasks", .array(tasks.sorted { $0.key < $1.key }.map { Self.json($0.value) }))
            members.add("timers", .array(timers.sorted { $0.key < $1.key }.map { Self.json($0.key, $0.value) }))
        }
        var bytes: [UInt8] = []
        members.json.serialize(into: &bytes)
        return bytes
    }

    /// Reads what ``checkpoint()`` wrote for the same execution.
    ///
    /// - Throws: ``JournalError`` for anything else, and for a checkpoint that does not fit the definition.
    package init(
        checkpoint: [UInt8], identity: ExecutionIdentity, definition: StateMachineDefinition,
        limits: InterpreterLimits = .init()
    ) throws(JournalError) {
        self.init(identity: identity, definition: definition, limits: limits)
        let value: JSON
        do throws(JSONError) {
            value = try JSON(parsing: checkpoint, maximumDepth: JSON.maximumDepth + 16)
        } catch {
            throw JournalError(message: error.message, offset: nil)
        }
        do throws(FieldError) {
            try read(Fields(value))
        } catch {
            throw JournalError(message: error.message, offset: nil)
        }
    }

    // MARK: Writing

    private static func json(_ failure: StateFailure) -> JSON {
        var members = Members()
        members.add("error", failure.error)
        members.add("cause", failure.cause)
        return members.json
    }

    private func json(ofScope slot: Int) -> JSON {
        let scope = scopes[slot]
        var members = Members()
        guard scope.phase != .gone else { return members.json }
        members.add("parent", scope.parent)
        members.add("index", scope.index)
        let (phase, detail) = Self.json(scope.phase)
        members.add("phase", phase)
        members.add("detail", detail)
        members.add("state", scope.state?.name)
        members.add("input", scope.input)
        members.add("item", scope.item)
        members.add("enteredId", scope.enteredID)
        members.add("enteredAt", scope.enteredAt)
        members.add("last", scope.last)
        members.add("retries", .array(scope.retries.map { .int(Int64($0)) }))
        members.add("retryCount", scope.retryCount)
        if let region = regions[slot] {
            var entry = Members()
            entry.add("plan", region.plan.map { Journal.planMembers($0).json })
            entry.add("total", region.total)
            entry.add("started", region.started)
            entry.add("running", region.running)
            entry.add("failed", region.failed)
            entry.add("results", .array(region.results.map { $0.map { [$0] } ?? .null }))
            entry.add("begin", region.begin)
            entry.add("link", region.link)
            members.add("region", entry.json)
        }
        return members.json
    }

    private static func json(_ phase: Scope.Phase) -> (String, JSON?) {
        switch phase {
        case .gone: ("gone", nil)
        case .entering(let name): ("entering", .string(name))
        case .entered: ("entered", nil)
        case .waiting(let timer): ("waiting", .int(Int64(timer)))
        case .waited: ("waited", nil)
        case .task(let task): ("task", .int(Int64(task)))
        case .region: ("region", nil)
        case .retrying(let timer): ("retrying", .int(Int64(timer)))
        case .settling: ("settling", nil)
        case .finished: ("finished", nil)
        }
    }

    private static func json(_ task: OpenTask) -> JSON {
        var members = Members()
        Journal.add(task.schedule, to: &members)
        members.add("scope", task.scope)
        members.add("state", task.state)
        members.add("scheduledAt", task.scheduledAt)
        members.add("isTaken", .bool(task.isTaken))
        members.add("isSubmitted", .bool(task.isSubmitted))
        return members.json
    }

    private static func json(_ number: Int, _ timer: ArmedTimer) -> JSON {
        var members = Members()
        members.add("timer", number)
        members.add("due", timer.due)
        members.add("purpose", timer.purpose.rawValue)
        members.add("scope", timer.scope)
        members.add("task", timer.task)
        return members.json
    }

    // MARK: Reading

    private mutating func read(_ fields: Fields) throws(FieldError) {
        guard try fields.int("version") == 1 else { throw FieldError(message: "the version is unknown") }
        status = try fields.value("status")
        lastEventID = try fields.int("lastEventId")
        input = try fields.json("input")
        nextTask = try fields.int("nextTask")
        nextTimer = try fields.int("nextTimer")
        if status != .running {
            let ending = try fields.fields("outcome")
            var failure: StateFailure?
            if ending.has("failure") {
                let entry = try ending.fields("failure")
                failure = StateFailure(
                    error: try entry.optionalString("error"), cause: try entry.optionalString("cause"))
            }
            outcome = ExecutionOutcome(status: status, output: ending.optionalJSON("output"), failure: failure)
            return
        }
        try readScopes(try fields.array("scopes"))
        freeSlots = try slots(fields, "freeSlots")
        ready = try slots(fields, "ready")
        for element in try fields.array("tasks") {
            let entry = try Fields(element)
            let schedule = try Journal.schedule(entry)
            tasks[schedule.task] = OpenTask(
                schedule: schedule, scope: try slot(entry, "scope"), state: try entry.string("state"),
                scheduledAt: try entry.time("scheduledAt"), isTaken: try entry.bool("isTaken"),
                isSubmitted: try entry.bool("isSubmitted"))
        }
        for element in try fields.array("timers") {
            let entry = try Fields(element)
            timers[try entry.int("timer")] = ArmedTimer(
                due: try entry.time("due"), purpose: try entry.value("purpose"), scope: try slot(entry, "scope"),
                task: try entry.optionalInt("task"))
        }
    }

    private func slot(_ fields: Fields, _ key: String) throws(FieldError) -> Int {
        let slot = try fields.int(key)
        guard scopes.indices.contains(slot) else { throw FieldError(message: "there is no scope \(slot)") }
        return slot
    }

    private func slots(_ fields: Fields, _ key: String) throws(FieldError) -> [Int] {
        var slots: [Int] = []
        for element in try fields.array(key) {
            guard let slot = element.intValue.map(Int.init), scopes.indices.contains(slot) else {
                throw FieldError(message: "\(key) names a scope that is not there")
            }
            slots.append(slot)
        }
        return slots
    }

    private mutating func readScopes(_ elements: [JSON]) throws(FieldError) {
        let vacant = Scope(
            parent: -1, index: 0, block: definition.states, phase: .gone, input: .null, last: 0)
        scopes = Array(repeating: vacant, count: elements.count)
        var children: [Int: [Int]] = [:]
        for (slot, element) in elements.enumerated() {
            let fields = try Fields(element)
            guard fields.has("parent") else { continue }
            let parent = try fields.int("parent")
            guard parent == -1 || elements.indices.contains(parent) else {
                throw FieldError(message: "scope \(slot) has no parent")
            }
            children[parent, default: []].append(slot)
        }
        // A scope's states are those of its parent's state, so parents come first.
        var waiting = children[-1] ?? []
        while let slot = waiting.popLast() {
            try readScope(slot, try Fields(elements[slot]))
            waiting += children[slot] ?? []
        }
    }

    private mutating func readScope(_ slot: Int, _ fields: Fields) throws(FieldError) {
        let parent = try fields.int("parent")
        let index = try fields.int("index")
        let block: StatesBlock
        switch parent < 0 ? nil : scopes[parent].state?.kind {
        case nil where parent < 0: block = definition.states
        case .parallel(let parallel)? where parallel.branches.indices.contains(index): block = parallel.branches[index]
        case .map(let map)?: block = map.processor
        default: throw FieldError(message: "scope \(slot) does not fit the definition")
        }
        var scope = Scope(
            parent: parent, index: index, block: block, phase: try phase(fields), input: try fields.json("input"),
            item: fields.optionalJSON("item"), last: try fields.int("last"))
        if let name = try fields.optionalString("state") {
            guard let state = block.states[name] else { throw FieldError(message: "there is no state \(name)") }
            scope.state = state
        }
        scope.enteredID = try fields.int("enteredId")
        scope.enteredAt = try fields.time("enteredAt")
        scope.retries = try fields.array("retries").compactMap { $0.intValue.map(Int.init) }
        scope.retryCount = try fields.int("retryCount")
        scopes[slot] = scope
        guard fields.has("region") else { return }
        let entry = try fields.fields("region")
        regions[slot] = Region(
            plan: try entry.has("plan") ? Journal.plan(entry.fields("plan")) : nil, total: try entry.int("total"),
            started: try entry.int("started"), running: try entry.int("running"), failed: try entry.int("failed"),
            results: try entry.array("results").map { $0.arrayValue?.first }, begin: try entry.int("begin"),
            link: try entry.int("link"))
    }

    private func phase(_ fields: Fields) throws(FieldError) -> Scope.Phase {
        switch try fields.string("phase") {
        case "entering": .entering(try fields.string("detail"))
        case "entered": .entered
        case "waiting": .waiting(timer: try fields.int("detail"))
        case "waited": .waited
        case "task": .task(try fields.int("detail"))
        case "region": .region
        case "retrying": .retrying(timer: try fields.int("detail"))
        case "settling": .settling
        case "finished": .finished
        case let phase: throw FieldError(message: "the phase is unknown: \(phase)")
        }
    }
}
