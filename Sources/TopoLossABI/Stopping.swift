public import CTopoLoss
internal import ComputeRuntime

extension Cancellation: HandleObject {
  static let handleKind = HandleKind.cancellation
}

@c @implementation
public func topoloss_cancellation_create() -> OpaquePointer? {
  unsafe try? newHandle(of: Cancellation())
}

@c @implementation
public func topoloss_cancellation_cancel(_ cancellation: OpaquePointer?) -> topoloss_status {
  unsafe withToken(cancellation) { $0.cancel() }
}

@c @implementation
public func topoloss_cancellation_reset(_ cancellation: OpaquePointer?) -> topoloss_status {
  unsafe withToken(cancellation) { $0.reset() }
}

@c @implementation
public func topoloss_cancellation_destroy(_ cancellation: OpaquePointer?) -> topoloss_status {
  unsafe destroyHandle(cancellation, of: Cancellation.self)
}

/// Does something with a token; with NULL nothing, which is no error. Allocates nothing while the token lives:
/// a signal handler may be the caller.
private func withToken(_ handle: OpaquePointer?, _ body: (Cancellation) -> Void) -> topoloss_status {
  guard unsafe handle != nil else { return topoloss_status(TOPOLOSS_OK) }
  guard let token = unsafe try? object(of: handle, Cancellation.self) else {
    return topoloss_status(TOPOLOSS_EARGUMENT)
  }
  body(token)
  return topoloss_status(TOPOLOSS_OK)
}
