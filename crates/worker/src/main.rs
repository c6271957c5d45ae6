//! The Web Worker: takes requests, runs the lab, posts progress and reports.

mod decode;
mod fetch;
mod host;
mod machine;
mod post;
mod turn;

use std::rc::Rc;

use futures_channel::mpsc::{UnboundedReceiver, unbounded};
use futures_util::StreamExt;
use octet_lab::Session;
use octet_protocol::{FromWorker, Request, ToWorker};
use wasm_bindgen::prelude::*;
use web_sys::{DedicatedWorkerGlobalScope, MessageEvent};

use crate::host::{Cancelled, WorkerHost};

fn main() {
    let scope: DedicatedWorkerGlobalScope = js_sys::global().unchecked_into();
    let for_panics = scope.clone();
    std::panic::set_hook(Box::new(move |info| {
        post::post(
            &for_panics,
            &FromWorker::Crashed {
                message: info.to_string(),
            },
        );
    }));

    // Requests wait their turn here; a Cancel must not wait behind the request that it is meant for.
    let (requests, queue) = unbounded();
    let cancelled = Rc::new(Cancelled::default());
    let for_messages = cancelled.clone();
    let on_message = Closure::<dyn FnMut(MessageEvent)>::new(move |event: MessageEvent| {
        match serde_wasm_bindgen::from_value(event.data()) {
            Ok(ToWorker::Run { id, request }) => {
                // The other end lives as long as the worker.
                let _ = requests.unbounded_send((id, request));
            }
            Ok(ToWorker::Cancel { id }) => for_messages.insert(id),
            Err(error) => {
                let message = format!("The worker could not read a message: {error}");
                post::post(
                    &js_sys::global().unchecked_into(),
                    &FromWorker::Crashed { message },
                );
            }
        }
    });
    scope.set_onmessage(Some(on_message.as_ref().unchecked_ref()));
    on_message.forget();

    wasm_bindgen_futures::spawn_local(serve(scope.clone(), queue, cancelled));
    post::post(&scope, &FromWorker::Ready);
}

/// Answers one request after another, for ever.
async fn serve(
    scope: DedicatedWorkerGlobalScope,
    mut queue: UnboundedReceiver<(u32, Request)>,
    cancelled: Rc<Cancelled>,
) {
    let mut session = Session::default();
    while let Some((id, request)) = queue.next().await {
        let host = WorkerHost::new(&scope, &cancelled, id);
        let answer = session.run(&host, request).await;
        cancelled.remove(id);
        let answer = match answer {
            Ok(outcome) => FromWorker::Done {
                id,
                report: Box::new(outcome.report),
                attachments: outcome.attachments,
            },
            Err(error) => FromWorker::Failed { id, error },
        };
        post::post(&scope, &answer);
    }
}
