//! From an accepted socket to its last answer.

use std::net::SocketAddr;
use std::rc::Rc;
use std::sync::Arc;

use actix_http::{HttpService, KeepAlive, Protocol, Request};
use actix_service::{IntoServiceFactory, Service, ServiceFactory, fn_factory, fn_service};
use actix_web::dev::AppConfig;
use actix_web::{App, web};
use tokio::net::TcpStream;
use tokio_rustls::TlsAcceptor;

use super::connection::Connection;
use super::registry::Registry;
use super::requests::Requests;
use super::stream::{Stream, Transport};
use crate::memory;
use crate::stack;

/// What every conversation needs.
#[derive(Clone)]
pub(super) struct Host {
    pub(super) registry: Arc<Registry>,
    pub(super) tls: Option<TlsAcceptor>,
    pub(super) is_https: bool,
    pub(super) access_log: bool,
}

impl Host {
    /// Answers connections on the current thread, with an application of its own.
    pub(super) async fn service(
        self,
        configure: impl FnOnce(&mut web::ServiceConfig) + Clone + 'static,
    ) -> Result<impl Service<TcpStream, Response = (), Error = ()>, ()> {
        // Until the thread ends.
        actix_web::rt::spawn(memory::look());
        let (limits, registry) = (*self.registry.limits(), Arc::clone(&self.registry));
        let is_https = self.is_https;
        let access_log = self.access_log.then(|| Arc::clone(&self.registry));
        let app = move || {
            let app = App::new().configure(configure.clone()).into_factory();
            let app = app.new_service(AppConfig::default());
            let access_log = access_log.clone();
            async move { app.await.map(|application| Requests { application, is_https, access_log }) }
        };
        let http = HttpService::build()
            .keep_alive(KeepAlive::Os)
            .client_request_timeout(limits.head)
            .client_disconnect_timeout(limits.farewell)
            .on_connect_ext(move |stream: &Stream, data| {
                data.insert(Arc::clone(&stream.connection));
                data.insert(Arc::clone(&registry));
            })
            .finish(fn_factory::<_, (), _, Request, _, _>(app));
        let (host, http) = (Rc::new(self), Rc::new(http.new_service(()).await?));
        Ok(fn_service(move |socket: TcpStream| {
            let (host, http) = (Rc::clone(&host), Rc::clone(&http));
            async move {
                let converse = |stream, peer| http.call((stream, Protocol::Http1, Some(peer)));
                host.receive(socket, converse).await;
                Ok(())
            }
        }))
    }

    async fn receive<F>(&self, socket: TcpStream, converse: impl FnOnce(Stream, SocketAddr) -> F)
    where
        F: Future,
    {
        let Ok(peer) = socket.peer_addr() else { return };
        let Some(admitted) = self.registry.admit(peer.ip()) else { return };
        let conversation = async {
            let stream = self.open(socket, &admitted.connection).await?;
            // What goes wrong from here on is the client's doing, and told to it.
            Box::pin(converse(stream, peer)).await;
            std::io::Result::Ok(())
        };
        tokio::select! {
            biased;
            () = admitted.connection.killed() => {}
            _ended = conversation => {}
        }
        stack::wipe();
    }

    /// Waits for the first bytes of a request.
    async fn open(
        &self,
        socket: TcpStream,
        connection: &Arc<Connection>,
    ) -> std::io::Result<Stream> {
        let transport = match &self.tls {
            Some(tls) => Transport::Tls(Box::new(tls.accept(socket).await?)),
            None => Transport::Plain(socket),
        };
        connection.is_open();
        let mut stream = Stream::new(transport, Arc::clone(connection), self.is_https);
        stream.first_bytes().await?;
        Ok(stream)
    }
}
