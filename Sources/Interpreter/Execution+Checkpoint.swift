import JSONValue
package import StatesLanguage

/// A checkpoint is a saved fold: JSON, so that it can be read in the database like the journal.
extension Execution {
    /// The fold, to go on from without the events so far. Of an execution that ended, only how it ended is kept.
    package func checkpoint() -> [UInt8] {
        var writer = ObjectWriter()
        writer.object { add(to: &$0) }
        return writer.bytes
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
            try read(value)
        } catch {
            throw JournalError(message: error.message, offset: nil)
        }
    }

    // MARK: Writing

    private func add(to writer: inout ObjectWriter) {
        writer.add("version", 1)
        writer.add("status", status.rawValue)
        writer.add("lastEventId", lastEventID)
        writer.add("input", input)
        writer.add("nextTask", nextTask)
        writer.add("nextTimer", nextTimer)
        if redriveCount > 0 { writer.add("redriveCount", redriveCount) }
        if let redrivenAt { writer.add("redrivenAt", redrivenAt) }
        guard let outcome else {
            writer.addObjects("scopes", scopes.indices) { add(scope: $1, to: &$0) }
            writer.add("freeSlots", freeSlots)
            writer.add("ready", ready)
            writer.addObjects("tasks", tasks.entries) { Self.add($1.value, to: &$0) }
            writer.addObjects("timers", timers.entries) { Self.add($1.key, $1.value, to: &$0) }
            return
        }
        writer.addObject("outcome") { writer in
            writer.add("output", outcome.output)
            guard let failure = outcome.failure else { return }
            writer.addObject("failure") { Journal.add(failure, to: &$0) }
        }
    }

    private func add(scope slot: Int, to writer: inout ObjectWriter) {
        let scope = scopes[slot]
        guard scope.phase != .gone else { return }
        writer.add("parent", scope.parent)
        writer.add("index", scope.index)
        let (phase, detail) = Self.json(scope.phase)
        writer.add("phase", phase)
        writer.add("detail", detail)
        writer.add("state", scope.state?.name)
        writer.add("input", scope.input)
        writer.add("item", scope.item)
        if !scope.variables.isEmpty { writer.add("variables", .object(scope.variables)) }
        writer.add("enteredId", scope.enteredID)
        writer.add("enteredAfter", scope.enteredAfter)
        writer.add("enteredAt", scope.enteredAt)
        writer.add("last", scope.last)
        writer.add("retries", scope.retries)
        writer.add("retryCount", scope.retryCount)
        guard let region = regions[slot] else { return }
        writer.addObject("region") { writer in
            if let plan = region.plan { writer.addObject("plan") { Journal.add(plan, to: &$0) } }
            writer.add("total", region.total)
            writer.add("started", region.started)
            writer.add("running", region.running)
            writer.add("failed", region.failed)
            writer.addArray("results", region.results) { $0.append($1.map { [$0] } ?? .null) }
            writer.add("begin", region.begin)
            writer.add("link", region.link)
        }
    }

    private static func json(_ phase: Scope.Phase) -> (String, JSON?) {
        switch phase {
        case .gone: ("gone", nil)
        case .entering(let name): ("entering", .string(name))
        case .entered: ("entered", nil)
        case .waiting(let timer): ("waiting", .int(Int64(timer)))
        case .waited: ("waited", nil)
        case .task(let task): ("task", .int(Int64(task)))
        case .returned(let result): ("returned", result)
        case .region: ("region", nil)
        case .mapRun(let arn): ("mapRun", .string(arn))
        case .mapRunAgain(let arn): ("mapRunAgain", .string(arn))
        case .retrying(let timer): ("retrying", .int(Int64(timer)))
        case .settling: ("settling", nil)
        case .finished: ("finished", nil)
        }
    }

    private static func add(_ task: OpenTask, to writer: inout ObjectWriter) {
        Journal.add(task.schedule, to: &writer)
        writer.add("scope", task.scope)
        writer.add("state", task.state)
        writer.add("scheduledAt", task.scheduledAt)
        writer.add("isTaken", task.isTaken)
        writer.add("isSubmitted", task.isSubmitted)
    }

    private static func add(_ number: Int, _ timer: ArmedTimer, to writer: inout ObjectWriter) {
        writer.add("timer", number)
        writer.add("due", timer.due)
        writer.add("purpose", timer.purpose.rawValue)
        writer.add("scope", timer.scope)
        writer.add("task", timer.task)
    }

    // MARK: Reading

    /// A checkpoint that a journal holds.
    mutating func read(_ state: JSON) throws(FieldError) {
        var fields = try Fields(state)
        guard try fields.int("version") == 1 else { throw FieldError(message: "the version is unknown") }
        status = try fields.value("status")
        lastEventID = try fields.int("lastEventId")
        input = try fields.json("input")
        nextTask = try fields.int("nextTask")
        nextTimer = try fields.int("nextTimer")
        redriveCount = try fields.optionalInt("redriveCount") ?? 0
        redrivenAt = try fields.has("redrivenAt") ? fields.time("redrivenAt") : nil
        if status != .running {
            var ending = try fields.fields("outcome")
            var failure: StateFailure?
            if var entry = try ending.optionalFields("failure") {
                failure = StateFailure(
                    error: try entry.optionalString("error"), cause: try entry.optionalString("cause"))
            }
            outcome = ExecutionOutcome(status: status, output: ending.optionalJSON("output"), failure: failure)
            return
        }
        try readScopes(try fields.array("scopes"))
        freeSlots = try slots(&fields, "freeSlots")
        ready = try slots(&fields, "ready")
        for element in try fields.array("tasks") {
            var entry = try Fields(element)
            let schedule = try Journal.schedule(&entry)
            tasks.set(
                schedule.task,
                to: OpenTask(
                    schedule: schedule, scope: try slot(&entry, "scope"), state: try entry.string("state"),
                    scheduledAt: try entry.time("scheduledAt"), isTaken: try entry.bool("isTaken"),
                    isSubmitted: try entry.bool("isSubmitted")))
        }
        for element in try fields.array("timers") {
            var entry = try Fields(element)
            timers.set(
                try entry.int("timer"),
                to: ArmedTimer(
                    due: try entry.time("due"), purpose: try entry.value("purpose"), scope: try slot(&entry, "scope"),
                    task: try entry.optionalInt("task")))
        }
    }

    private func slot(_ fields: inout Fields, _ key: String) throws(FieldError) -> Int {
        let slot = try fields.int(key)
        guard scopes.indices.contains(slot) else { throw FieldError(message: "there is no scope \(slot)") }
        return slot
    }

    private func slots(_ fields: inout Fields, _ key: String) throws(FieldError) -> [Int] {
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
            var fields = try Fields(element)
            guard let parent = try fields.optionalInt("parent") else { continue }
            guard parent == -1 || elements.indices.contains(parent) else {
                throw FieldError(message: "scope \(slot) has no parent")
            }
            children[parent, default: []].append(slot)
        }
        // A scope's states are those of its parent's state, so parents come first.
        var waiting = children[-1] ?? []
        while let slot = waiting.popLast() {
            var fields = try Fields(elements[slot])
            try readScope(slot, &fields)
            waiting += children[slot] ?? []
        }
    }

    private mutating func readScope(_ slot: Int, _ fields: inout Fields) throws(FieldError) {
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
            parent: parent, index: index, block: block, phase: try phase(&fields), input: try fields.json("input"),
            item: fields.optionalJSON("item"), last: try fields.int("last"))
        if let name = try fields.optionalString("state") {
            guard let state = block.states[name] else { throw FieldError(message: "there is no state \(name)") }
            scope.state = state
        }
        scope.enteredID = try fields.int("enteredId")
        scope.enteredAfter = try fields.optionalInt("enteredAfter") ?? 0
        scope.enteredAt = try fields.time("enteredAt")
        scope.retries = try fields.array("retries").compactMap { $0.intValue.map(Int.init) }
        scope.retryCount = try fields.int("retryCount")
        scope.variables = try fields.optionalObject("variables")
        variableBytes += scope.variables.bytes
        scopes[slot] = scope
        guard var entry = try fields.optionalFields("region") else { return }
        var plan: JournalEvent.MapPlan?
        if var fields = try entry.optionalFields("plan") { plan = try Journal.plan(&fields) }
        regions[slot] = Region(
            plan: plan, total: try entry.int("total"),
            started: try entry.int("started"), running: try entry.int("running"), failed: try entry.int("failed"),
            results: try entry.array("results").map { $0.arrayValue?.first }, begin: try entry.int("begin"),
            link: try entry.int("link"))
    }

    private func phase(_ fields: inout Fields) throws(FieldError) -> Scope.Phase {
        switch try fields.string("phase") {
        case "entering": .entering(try fields.string("detail"))
        case "entered": .entered
        case "waiting": .waiting(timer: try fields.int("detail"))
        case "waited": .waited
        case "task": .task(try fields.int("detail"))
        case "returned": .returned(try fields.json("detail"))
        case "region": .region
        case "mapRun": .mapRun(try fields.string("detail"))
        case "mapRunAgain": .mapRunAgain(try fields.string("detail"))
        case "retrying": .retrying(timer: try fields.int("detail"))
        case "settling": .settling
        case "finished": .finished
        case let phase: throw FieldError(message: "the phase is unknown: \(phase)")
        }
    }
}
