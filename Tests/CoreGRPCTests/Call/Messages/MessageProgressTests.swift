import Testing

@testable import CoreGRPC

@Suite("The progress of a message")
struct MessageProgressTests {
  @Test("A deferred one is started once, with its flags")
  func deferred() {
    var progress = MessageProgress()
    #expect(progress.startDeferred() == nil)
    progress.defer(flags: 3)
    #expect(progress.isDeferred)
    #expect(progress.startDeferred() == 3)
    #expect(!progress.isDeferred)
    #expect(progress.startDeferred() == nil)
  }

  @Test("A task that waits while it is under way learns how it ends, and no other task does", arguments: [true, false])
  func waiting(succeeded: Bool) async {
    var progress = MessageProgress()
    progress.start()
    let result = await withUnsafeContinuation { (continuation: UnsafeContinuation<Bool, Never>) in
      #expect(progress.wait(continuation) == nil)
      progress.end(succeeded: succeeded)?.resume(returning: succeeded)
      #expect(progress.end(succeeded: !succeeded) == nil)
    }
    #expect(result == succeeded)
  }

  @Test("A task that comes when it has ended does not wait", arguments: [true, false])
  func ended(succeeded: Bool) async {
    var progress = MessageProgress()
    progress.start()
    #expect(progress.end(succeeded: succeeded) == nil)
    let result = await withUnsafeContinuation { (continuation: UnsafeContinuation<Bool, Never>) in
      continuation.resume(returning: progress.wait(continuation) ?? !succeeded)
    }
    #expect(result == succeeded)
  }
}
