import Glibc

/// A thread that looks at the files of channels' certificates, every second while there are any.
final class CertificateWatch: Sendable {
  static let shared = CertificateWatch()

  private static let interval = Duration.seconds(1)

  private struct Subject {
    weak var certificates: ChannelCertificates?
  }

  private struct State {
    var subjects: [Subject] = []
    var isRunning = false
  }

  private let state = Locked(State())
  private let wakeUp = Semaphore()

  private init() {}

  /// Begins to look at certificates, for as long as they exist.
  func add(_ certificates: ChannelCertificates) {
    let isNew = state.withLock { state in
      state.subjects.append(Subject(certificates: certificates))
      defer { state.isRunning = true }
      return !state.isRunning
    }
    if isNew, !Thread.spawn(name: "grpc-certs", { [self] in run() }) {
      // The next certificates that are added try again.
      state.withLock { $0.isRunning = false }
    }
  }

  private func run() {
    while true {
      wakeUp.wait(atMost: Self.interval)
      // Strong references, of which the last one may be released here, and not under the lock.
      let subjects = state.withLock { state in
        let living = state.subjects.compactMap(\.certificates)
        state.subjects.removeAll { $0.certificates == nil }
        if living.isEmpty { state.isRunning = false }
        return living
      }
      if subjects.isEmpty { return }
      for subject in subjects { subject.look() }
    }
  }
}
