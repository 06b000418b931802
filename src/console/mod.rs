//! The daemon's HTTP listener. In its first form it hears the province's signed callbacks and shows nothing.
//!
//! It speaks plain HTTP on this machine, or behind a proxy that the operator vouches for. Every connection has one
//! request, half a minute and a megabyte; nothing is changed by reading.

mod callback;
mod door;

use std::net::SocketAddr;
use std::sync::Arc;

use axum::Router;
use axum::http::StatusCode;
use axum::routing::post;
use tokio::net::TcpListener;

use crate::record::Complaint;
use crate::sync::Connector;
use callback::Desk;
use door::Door;

/// A listener that has its address and hears nobody yet.
pub struct Console {
    listener: TcpListener,
    address: SocketAddr,
}

impl Console {
    /// Takes the address. Errors: Q7917 where somebody else has it.
    pub async fn open(listen: SocketAddr) -> Result<Console, Complaint> {
        let failed = |cause: std::io::Error| {
            Complaint::new("Q7917").fact("address", listen).fact("reason", cause.to_string())
        };
        let listener = TcpListener::bind(listen).await.map_err(failed)?;
        let address = listener.local_addr().map_err(failed)?;
        Ok(Console { listener, address })
    }

    pub fn address(&self) -> SocketAddr {
        self.address
    }

    /// Hears until the connector is asked to stop; what is being heard then is answered.
    pub async fn serve(self, connector: Arc<Connector>) {
        let stop = connector.stop_token();
        let routes = Router::new()
            .route("/callback/{platform}", post(callback::hear))
            .fallback(async || callback::answer(StatusCode::NOT_FOUND, Vec::new()))
            .method_not_allowed_fallback(async || {
                callback::answer(StatusCode::METHOD_NOT_ALLOWED, Vec::new())
            })
            .with_state(Arc::new(Desk::new(connector)));
        let serving =
            axum::serve(Door::new(self.listener), routes).with_graceful_shutdown(stop.cancelled_owned());
        if let Err(error) = serving.await {
            tracing::error!(console.error = %error, "the console stopped serving");
        }
    }
}
