//! Files that this browser keeps for the next visit, in IndexedDB.

use js_sys::{Promise, Uint8Array};
use wasm_bindgen::{JsCast, JsValue, closure::Closure};
use wasm_bindgen_futures::JsFuture;
use web_sys::{IdbDatabase, IdbObjectStore, IdbOpenDbRequest, IdbRequest, IdbTransactionMode};

use crate::{dom, link::words};

const DATABASE: &str = "octet";
const STORE: &str = "files";
const VERSION: u32 = 1;

/// Keeps bytes under a name, in place of what was kept there. An error says why this browser does not.
pub async fn put(name: &str, bytes: &Uint8Array) -> Result<(), String> {
    let put = async {
        let database = open().await?;
        // A copy of its own buffer's part, whatever else the buffer holds.
        let request = store(&database, IdbTransactionMode::Readwrite)?
            .put_with_key(&bytes.slice(0, bytes.length()), &name.into())?;
        let done = done(&request).await;
        database.close();
        done
    };
    put.await.map(drop).map_err(|error| words(&error))
}

/// What is kept under a name; None where nothing is, or nothing can be had.
pub async fn get(name: &str) -> Option<Uint8Array> {
    let database = open().await.ok()?;
    let store = store(&database, IdbTransactionMode::Readonly).ok()?;
    let request = store.get(&name.into()).ok()?;
    let value = done(&request).await.ok()?;
    database.close();
    value.dyn_into().ok()
}

/// Forgets what is kept under a name.
pub async fn remove(name: &str) {
    let Ok(database) = open().await else { return };
    if let Ok(store) = store(&database, IdbTransactionMode::Readwrite)
        && let Ok(request) = store.delete(&name.into())
    {
        done(&request).await.ok();
    }
    database.close();
}

async fn open() -> Result<IdbDatabase, JsValue> {
    // Host tests have no browser.
    if cfg!(not(target_arch = "wasm32")) {
        return Err(JsValue::NULL);
    }
    let factory = dom::window().indexed_db()?;
    let factory = factory.ok_or_else(|| JsValue::from_str("it has no IndexedDB"))?;
    let request: IdbOpenDbRequest = factory.open_with_u32(DATABASE, VERSION)?;
    let for_upgrade = request.clone();
    let upgrade = Closure::once_into_js(move || {
        if let Ok(database) = for_upgrade.result() {
            let database: IdbDatabase = database.unchecked_into();
            // It is there already only where another version of the page has made it.
            database.create_object_store(STORE).ok();
        }
    });
    request.set_onupgradeneeded(Some(upgrade.unchecked_ref()));
    done(&request).await.map(JsCast::unchecked_into)
}

fn store(database: &IdbDatabase, mode: IdbTransactionMode) -> Result<IdbObjectStore, JsValue> {
    let transaction = database.transaction_with_str_and_mode(STORE, mode)?;
    transaction.object_store(STORE)
}

/// The result of a request once it has one.
async fn done(request: &IdbRequest) -> Result<JsValue, JsValue> {
    let ended = Promise::new(&mut |resolve, reject| {
        request.set_onsuccess(Some(&resolve));
        request.set_onerror(Some(&reject));
    });
    match JsFuture::from(ended).await {
        Ok(_) => request.result(),
        Err(_) => Err(match request.error() {
            Ok(Some(error)) => JsValue::from_str(&error.message()),
            _ => JsValue::from_str("it refused without a reason"),
        }),
    }
}
