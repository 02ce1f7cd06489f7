extension StatesBlock {
    package subscript(name: String) -> State? { states[name] }

    /// The state that a block begins with. It is there in every definition that was compiled.
    package var start: State? { states[startAt] }

    /// Calls the body for every state of the block and of the blocks within it, each before those within it.
    /// The order among the states of a block is that of their names.
    package func forEachState(_ body: (State) -> Void) {
        for (_, state) in states.sorted(by: { $0.key < $1.key }) {
            body(state)
            for block in state.blocks { block.forEachState(body) }
        }
    }
}

extension State {
    /// The blocks within a Parallel or Map state.
    package var blocks: [StatesBlock] {
        switch kind {
        case .parallel(let parallel): parallel.branches
        case .map(let map): [map.processor]
        case .pass, .task, .choice, .wait, .succeed, .fail: []
        }
    }

    /// The name of the type as the language writes it: `Task`.
    package var typeName: String {
        switch kind {
        case .pass: "Pass"
        case .task: "Task"
        case .choice: "Choice"
        case .wait: "Wait"
        case .succeed: "Succeed"
        case .fail: "Fail"
        case .parallel: "Parallel"
        case .map: "Map"
        }
    }
}

extension StateMachineDefinition {
    /// Every block: the machine's own and those within its states.
    package var blocks: [StatesBlock] {
        var all = [states]
        states.forEachState { all += $0.blocks }
        return all
    }

    /// What the tasks of the machine call, each once, in the order of the states' names.
    package var resources: [TaskResource] {
        var all: [TaskResource] = []
        var known: Set<TaskResource> = []
        states.forEachState { state in
            guard case .task(let task) = state.kind, known.insert(task.resource).inserted else { return }
            all.append(task.resource)
        }
        return all
    }
}
