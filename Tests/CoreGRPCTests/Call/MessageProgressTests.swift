import Testing

@testable import CoreGRPC

@Suite("What has become of a message")
struct MessageProgressTests {
  @Test("One that is held back is started once, with its flags")
  func held() {
    var progress = MessageProgress()
    #expect(progress.startHeld() == nil)
    progress.hold(flags: 3)
    #expect(progress.isHeld)
    #expect(progress.startHeld() == 3)
    #expect(!progress.isHeld)
    #expect(progress.startHeld() == nil)
  }

  @Test("Who waits while it is under way is told how it ends, and nobody else", arguments: [true, false])
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

  @Test("Who comes when it has ended does not wait", arguments: [true, false])
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
