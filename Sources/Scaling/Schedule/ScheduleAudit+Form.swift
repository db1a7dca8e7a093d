extension Schedule {
  /// What the findings of an audit depend on: the schedule without names, and of its numbers only
  /// which are equal and which are higher than others.
  ///
  /// Schedules made from one template often differ in their numbers alone; one audit then does for
  /// all of them.
  package var auditedForm: Schedule {
    let numbers = [defaultReplicas] + rules.flatMap { [$0.replicas, $0.atMost].compactMap(\.self) }
    var ranks: [Int: Int] = [:]
    for (rank, number) in Set(numbers).sorted().enumerated() { ranks[number] = rank }
    var form = self
    form.defaultReplicas = ranks[defaultReplicas] ?? 0
    for index in rules.indices {
      form.rules[index].name = ""
      form.rules[index].replicas = rules[index].replicas.flatMap { ranks[$0] }
      form.rules[index].atMost = rules[index].atMost.flatMap { ranks[$0] }
    }
    return form
  }
}
