//! `GET /api/live`: the WebSocket of the page.

use std::sync::Arc;
use std::time::Duration;

use axum::extract::State;
use axum::extract::ws::{CloseFrame, Message, Utf8Bytes, WebSocket, WebSocketUpgrade, close_code};
use axum::http::StatusCode;
use axum::response::{IntoResponse, Response};
use tokio::sync::{OwnedSemaphorePermit, broadcast, watch};
use tokio::time;

use super::{Shared, refuse};

/// A page that takes nothing for so long is gone.
const SEND_MAX: Duration = Duration::from_secs(10);
/// How often a page is asked whether it is still there.
const PING_EVERY: Duration = Duration::from_secs(20);
/// Pages say nothing; a pong is below this.
const RECEIVED_BYTES_MAX: usize = 4_096;

pub(super) async fn live(State(shared): State<Arc<Shared>>, upgrade: WebSocketUpgrade) -> Response {
    let Ok(permit) = Arc::clone(&shared.pages).try_acquire_owned() else {
        return refuse(StatusCode::SERVICE_UNAVAILABLE, "too many pages are open; close one").into_response();
    };
    upgrade
        .max_message_size(RECEIVED_BYTES_MAX)
        .max_frame_size(RECEIVED_BYTES_MAX)
        .on_upgrade(move |socket| talk(socket, shared, permit))
}

async fn talk(mut socket: WebSocket, shared: Arc<Shared>, _permit: OwnedSemaphorePermit) {
    let mut stopping = shared.stopping.clone();
    let (first, mut messages) = shared.hub.subscribe();
    for message in first {
        if !send(&mut socket, text(&message)).await {
            return;
        }
    }
    let mut ping = time::interval_at(time::Instant::now() + PING_EVERY, PING_EVERY);
    loop {
        let message = tokio::select! {
            message = messages.recv() => match message {
                Ok(message) => text(&message),
                Err(broadcast::error::RecvError::Lagged(_)) => {
                    close(&mut socket, close_code::AGAIN, "too slow; connect again").await;
                    return;
                }
                Err(broadcast::error::RecvError::Closed) => return,
            },
            received = socket.recv() => match received {
                Some(Ok(Message::Close(_)) | Err(_)) | None => return,
                Some(Ok(_)) => continue,
            },
            _ = ping.tick() => Message::Ping(axum::body::Bytes::new()),
            () = stopped(&mut stopping) => {
                // What was said last, such as that the source has ended, still goes out.
                while let Ok(message) = messages.try_recv() {
                    if !send(&mut socket, text(&message)).await {
                        return;
                    }
                }
                close(&mut socket, close_code::AWAY, "the program ends").await;
                return;
            }
        };
        if !send(&mut socket, message).await {
            return;
        }
    }
}

/// Returns once the server shall stop.
pub(super) async fn stopped(stopping: &mut watch::Receiver<bool>) {
    // An error means that the sender is gone, and the server with it.
    let _ = stopping.wait_for(|stop| *stop).await;
}

fn text(message: &Arc<str>) -> Message {
    Message::Text(Utf8Bytes::from(&**message))
}

async fn send(socket: &mut WebSocket, message: Message) -> bool {
    matches!(time::timeout(SEND_MAX, socket.send(message)).await, Ok(Ok(())))
}

async fn close(socket: &mut WebSocket, code: u16, reason: &'static str) {
    let _ = send(socket, Message::Close(Some(CloseFrame { code, reason: reason.into() }))).await;
}
