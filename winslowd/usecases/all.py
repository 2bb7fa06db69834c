"""All use cases over one set of ports: what the API is made of, and what tests call directly."""

from __future__ import annotations

from winslow.ports import Carrying as CarryingPort
from winslow.ports import (
    Clock,
    Compares,
    History,
    KeptReadings,
    Layers,
    Membership,
    Pictures,
    Quotas,
    Retiring,
    StorageState,
    Store,
    Underway,
    UnpackLimits,
    Upkeep,
)
from winslow.ports import Files as FilesPort
from winslow.ports import Logs as LogsPort
from winslow.ports import Readings as ReadingsPort
from winslow.ports import SmallFiles as SmallFilesPort
from winslow.ports import Trees as TreesPort
from winslow.ports import Uploads as UploadsPort
from winslow.ports import Workspaces as WorkspacesPort
from winslow.ports.telling import Teller
from winslowd.usecases.archives import Archives
from winslowd.usecases.carrying import Carrying
from winslowd.usecases.cluster import Cluster, Here
from winslowd.usecases.comparing import Comparing
from winslowd.usecases.derivations import Derivations
from winslowd.usecases.dropping import Dropping
from winslowd.usecases.events import Events
from winslowd.usecases.explaining import Explaining
from winslowd.usecases.files import Files
from winslowd.usecases.ledger import Ledger
from winslowd.usecases.logs import Logs
from winslowd.usecases.nodes import Nodes
from winslowd.usecases.past import Past
from winslowd.usecases.pipelines import Pipelines
from winslowd.usecases.projects import NewSuffix, Projects
from winslowd.usecases.readings import Readings
from winslowd.usecases.retention import Retention, Weights
from winslowd.usecases.runs import Runs
from winslowd.usecases.settings import Settings
from winslowd.usecases.small import SmallFiles
from winslowd.usecases.stages import Stages
from winslowd.usecases.statistics import Statistics
from winslowd.usecases.subscriptions import Subscriptions
from winslowd.usecases.sweeps import Sweeps
from winslowd.usecases.thumbnails import Thumbnails
from winslowd.usecases.trees import Trees
from winslowd.usecases.uploads import Uploads
from winslowd.usecases.views import Views
from winslowd.usecases.workspaces import Workspaces


class UseCases:
    """One attribute a noun. `token` gives six random small letters and digits, others each time."""

    def __init__(
        self,
        *,
        here: Here,
        store: Store,
        membership: Membership,
        clock: Clock,
        token: NewSuffix,
        workspaces: WorkspacesPort,
        layers: Layers,
        retiring: Retiring,
        compares: Compares,
        quotas: Quotas,
        files: FilesPort,
        trees: TreesPort,
        pictures: Pictures,
        uploads: UploadsPort,
        small: SmallFilesPort,
        logs: LogsPort,
        history: History,
        storage: StorageState,
        readings: ReadingsPort,
        upkeep: Upkeep,
        ledger: Ledger | None = None,
        carrying: CarryingPort | None = None,
        kept_readings: KeptReadings | None = None,
        limits: UnpackLimits | None = None,
        teller: Teller | None = None,
        underway: Underway | None = None,
    ) -> None:
        self.store = store
        self.past = Past(store, history)
        self.cluster = Cluster(here, store, membership, storage, upkeep)
        self.pipelines = Pipelines(store, clock)
        derivations = Derivations(store, clock)
        self.projects = Projects(store, clock, token, workspaces, quotas, derivations)
        self.runs = Runs(store, clock, self.past)
        self.sweeps = Sweeps(store, clock, self.past)
        self.stages = Stages(store, clock, self.past)
        self.workspaces = Workspaces(store, layers, self.past)
        self.explaining = Explaining(store, clock, ledger or Ledger(), self.past)
        self.comparing = Comparing(self.past, compares)
        self.settings = Settings(store)
        dropping = Dropping(self.past, history, layers)
        self.retention = Retention(store, clock, self.past, dropping, Weights(retiring))
        self.nodes = Nodes(store, clock)
        self.readings = Readings(here.node, store, self.nodes, self.past, readings, clock, kept_readings)
        self.files = Files(store, files, self.past)
        self.trees = Trees(store, self.files, trees, limits or UnpackLimits())
        self.archives = Archives(self.trees)
        self.thumbnails = Thumbnails(self.files, files, pictures, clock)
        self.uploads = Uploads(store, files, uploads, membership)
        self.carrying = Carrying(carrying, self.files) if carrying else None
        self.small = SmallFiles(store, self.files, small)
        self.logs = Logs(store, logs, self.past, underway)
        self.views = Views(store, clock, lambda: token() + token())
        self.subscriptions = Subscriptions(store, clock, lambda: token() + token(), teller)
        self.statistics = Statistics(store, clock, self.past, history)
        self.events = Events(store, clock, derivations)
