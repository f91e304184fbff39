import Glibc

/// A thread that has objects look at their files, every second while there are any: certificates of channels, and
/// authorization policies.
final class FileWatch: Sendable {
  /// An object that looks at files.
  protocol Subject: AnyObject, Sendable {
    /// Reads the files again if they have changed.
    func look()
  }

  static let shared = FileWatch()

  private static let interval = Duration.seconds(1)

  private struct Reference {
    weak var subject: (any Subject)?
  }

  private struct State {
    var references: [Reference] = []
    var isRunning = false
  }

  private let state = Locked(State())
  private let wakeUp = Semaphore()

  private init() {}

  /// Begins to have an object look at its files, for as long as it exists.
  func add(_ subject: any Subject) {
    let isNew = state.withLock { state in
      state.references.append(Reference(subject: subject))
      defer { state.isRunning = true }
      return !state.isRunning
    }
    if isNew, !Thread.spawn(name: "grpc-files", { [self] in run() }) {
      // The next object that is added tries again.
      state.withLock { $0.isRunning = false }
    }
  }

  private func run() {
    while true {
      wakeUp.wait(atMost: Self.interval)
      // Strong references, of which the last one may be released here, and not under the lock.
      let subjects = state.withLock { state in
        let living = state.references.compactMap(\.subject)
        state.references.removeAll { $0.subject == nil }
        if living.isEmpty { state.isRunning = false }
        return living
      }
      if subjects.isEmpty { return }
      for subject in subjects { subject.look() }
    }
  }
}
