//! How the description of the API shows that a request is refused.

use utoipa::IntoResponses;

use crate::control::problem::Problem;

/// The responses of every path.
#[derive(Debug, IntoResponses)]
pub enum Refused {
    /// The request is refused. `reason` and `detail` say why.
    #[response(status = "4XX", content_type = "application/problem+json")]
    Request(Problem),
}

/// The responses of a path that changes files.
#[derive(Debug, IntoResponses)]
pub enum ChangeRefused {
    /// The request is refused, and nothing has changed. `reason` and `detail` say why.
    #[response(status = "4XX", content_type = "application/problem+json")]
    Request(Problem),
    /// The files cannot be written, and nothing has changed.
    #[response(status = 507, content_type = "application/problem+json")]
    Files(Problem),
}
