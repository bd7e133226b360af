/** Grafana's dashboards of a pair: what is on them. Pure; {@link dashboardJson} makes Grafana's form of it. */

/** What Grafana draws. */
type Kind = 'stat' | 'timeseries' | 'state-timeline';

/** Grafana's names of units. */
type Unit = 'short' | 'reqps' | 's' | 'Bps' | 'percentunit' | 'pps';

interface Panel {
  readonly title: string;
  readonly kind: Kind;
  readonly unit: Unit;
  /** PromQL and the legend of its series. `$job` is the pair that was chosen. */
  readonly queries: readonly (readonly [expr: string, legend: string])[];
  /** Of 24; default 12. */
  readonly width?: number;
}

/** One dashboard. */
export interface Dashboard {
  /** Part of its address and file name. */
  readonly slug: string;
  readonly title: string;
  readonly panels: readonly Panel[];
}

const JOB = 'job="$job"';
const rate = (metric: string, labels = '') => `rate(${metric}{${JOB}${labels}}[$__rate_interval])`;
const quantile = (share: number, metric: string, by: string) =>
  `histogram_quantile(${share}, sum by (${by}, le) (${rate(`${metric}_bucket`)}))`;

export const dashboards: readonly Dashboard[] = [
  {
    slug: 'tandem-pair',
    title: 'Tandem: the pair',
    panels: [
      {
        title: 'Active',
        kind: 'state-timeline',
        unit: 'short',
        width: 24,
        queries: [[`tandem_vrrp_state{${JOB},state="Active"}`, '{{router}} on {{instance}}']],
      },
      {
        title: 'Hosts that answer',
        kind: 'stat',
        unit: 'short',
        width: 4,
        queries: [[`sum(up{${JOB}})`, 'hosts']],
      },
      {
        title: 'Balancers that are ready',
        kind: 'stat',
        unit: 'short',
        width: 4,
        queries: [[`sum(tandem_proxy_ready{${JOB}})`, 'ready']],
      },
      {
        title: 'Takeovers in the last day',
        kind: 'stat',
        unit: 'short',
        width: 4,
        queries: [
          [`sum by (router) (increase(tandem_vrrp_became_active_total{${JOB}}[1d]))`, '{{router}}'],
        ],
      },
      {
        title: 'Same file, same version, connected',
        kind: 'stat',
        unit: 'short',
        width: 12,
        queries: [
          [`min(tandem_pair_same_file{${JOB}})`, 'same file'],
          [`min(tandem_pair_same_version{${JOB}})`, 'same version'],
          [`max(tandem_pair_connected{${JOB}})`, 'connected'],
          [`max(tandem_agent_hold{${JOB}})`, 'on hold'],
        ],
      },
      {
        title: 'Requests',
        kind: 'timeseries',
        unit: 'reqps',
        queries: [
          [`sum by (instance) (${rate('tandem_listener_requests_total')})`, '{{instance}}'],
        ],
      },
      {
        title: 'Error answers',
        kind: 'timeseries',
        unit: 'reqps',
        queries: [
          [
            `sum by (instance, class) (${rate('tandem_route_responses_total', ',class=~"4xx|5xx"')})`,
            '{{class}} on {{instance}}',
          ],
        ],
      },
      {
        title: 'Connections that drain',
        kind: 'timeseries',
        unit: 'short',
        queries: [[`tandem_drain_connections{${JOB}}`, '{{router}} on {{instance}}']],
      },
      {
        title: 'Packets passed on to a peer that drains',
        kind: 'timeseries',
        unit: 'pps',
        queries: [[rate('tandem_handover_passed_packets_total'), '{{router}} on {{instance}}']],
      },
    ],
  },
  {
    slug: 'tandem-traffic',
    title: 'Tandem: traffic',
    panels: [
      {
        title: 'Requests by route',
        kind: 'timeseries',
        unit: 'reqps',
        queries: [
          [
            `sum by (listener, route) (${rate('tandem_route_responses_total')})`,
            '{{listener}} {{route}}',
          ],
        ],
      },
      {
        title: 'Errors by code',
        kind: 'timeseries',
        unit: 'reqps',
        queries: [
          [`sum by (route, code) (${rate('tandem_route_errors_total')})`, '{{route}} {{code}}'],
        ],
      },
      {
        title: 'Time of a request, median and slowest hundredth',
        kind: 'timeseries',
        unit: 's',
        queries: [
          [quantile(0.5, 'tandem_http_request_duration_seconds', 'route'), '{{route}} median'],
          [quantile(0.99, 'tandem_http_request_duration_seconds', 'route'), '{{route}} p99'],
        ],
      },
      {
        title: 'Client connections',
        kind: 'timeseries',
        unit: 'short',
        queries: [[`tandem_listener_open{${JOB}}`, '{{listener}} on {{instance}}']],
      },
      {
        title: 'Bytes',
        kind: 'timeseries',
        unit: 'Bps',
        queries: [
          [`sum by (listener) (${rate('tandem_listener_bytes_in_total')})`, '{{listener}} in'],
          [`sum by (listener) (${rate('tandem_listener_bytes_out_total')})`, '{{listener}} out'],
        ],
      },
      {
        title: 'Refused by bounds and limits',
        kind: 'timeseries',
        unit: 'reqps',
        queries: [
          [
            `sum by (listener) (${rate('tandem_listener_refused_total')})`,
            'connections, {{listener}}',
          ],
          [`sum by (limit) (${rate('tandem_limit_refused_total')})`, 'limit {{limit}}'],
        ],
      },
      {
        title: 'Workers: busy share',
        kind: 'timeseries',
        unit: 'percentunit',
        queries: [[`tandem_proxy_worker_utilization{${JOB}}`, '{{instance}} worker {{worker}}']],
      },
      {
        title: 'Certificates: time left',
        kind: 'timeseries',
        unit: 's',
        queries: [
          [`min by (certificate) (tandem_certificate_expiry_seconds{${JOB}})`, '{{certificate}}'],
        ],
      },
    ],
  },
  {
    slug: 'tandem-upstreams',
    title: 'Tandem: upstreams',
    panels: [
      {
        title: 'Health',
        kind: 'state-timeline',
        unit: 'short',
        width: 24,
        queries: [
          [`min by (upstream, server) (tandem_server_up{${JOB}})`, '{{upstream}} {{server}}'],
        ],
      },
      {
        title: 'Requests by server',
        kind: 'timeseries',
        unit: 'reqps',
        queries: [
          [
            `sum by (upstream, server) (${rate('tandem_server_requests_total')})`,
            '{{upstream}} {{server}}',
          ],
        ],
      },
      {
        title: 'Answer time, slowest hundredth',
        kind: 'timeseries',
        unit: 's',
        queries: [
          [
            quantile(0.99, 'tandem_server_response_duration_seconds', 'upstream, server'),
            '{{upstream}} {{server}}',
          ],
        ],
      },
      {
        title: 'With the servers now',
        kind: 'timeseries',
        unit: 'short',
        queries: [
          [
            `sum by (upstream, server) (tandem_server_in_flight{${JOB}})`,
            '{{upstream}} {{server}}',
          ],
          [`sum by (upstream) (tandem_upstream_waiting{${JOB}})`, '{{upstream}} waiting'],
        ],
      },
      {
        title: 'Failures',
        kind: 'timeseries',
        unit: 'reqps',
        queries: [
          'connect_failures',
          'connect_timeouts',
          'response_timeouts',
          'resets',
          'bad_responses',
        ].map((what) => [
          `sum by (upstream, server) (${rate(`tandem_server_${what}_total`)})`,
          `{{upstream}} {{server}} ${what.replace('_', ' ')}`,
        ]),
      },
      {
        title: 'Retries and hedges',
        kind: 'timeseries',
        unit: 'reqps',
        queries: [
          [`sum by (upstream) (${rate('tandem_server_retries_total')})`, '{{upstream}} retries'],
          [`sum by (upstream) (${rate('tandem_server_hedges_total')})`, '{{upstream}} hedges'],
        ],
      },
      {
        title: 'Panic',
        kind: 'state-timeline',
        unit: 'short',
        queries: [[`max by (upstream) (tandem_upstream_panic{${JOB}})`, '{{upstream}}']],
      },
    ],
  },
  {
    slug: 'tandem-vrrp',
    title: 'Tandem: VRRP',
    panels: [
      {
        title: 'Effective priority',
        kind: 'timeseries',
        unit: 'short',
        width: 24,
        queries: [[`tandem_vrrp_priority_effective{${JOB}}`, '{{router}} on {{instance}}']],
      },
      {
        title: 'Adverts received and sent',
        kind: 'timeseries',
        unit: 'pps',
        queries: [
          [
            rate('tandem_vrrp_advertisements_received_total'),
            '{{router}} received by {{instance}}',
          ],
          [rate('tandem_vrrp_advertisements_sent_total'), '{{router}} sent by {{instance}}'],
        ],
      },
      {
        title: 'Adverts: lateness, slowest hundredth',
        kind: 'timeseries',
        unit: 's',
        queries: [
          [
            quantile(0.99, 'tandem_vrrp_advert_lateness_seconds', 'router, instance'),
            '{{router}} on {{instance}}',
          ],
        ],
      },
      {
        title: 'Trackers in fault',
        kind: 'state-timeline',
        unit: 'short',
        queries: [[`tandem_vrrp_tracker_fault{${JOB}}`, '{{kind}} {{name}} on {{instance}}']],
      },
      {
        title: 'Lease',
        kind: 'state-timeline',
        unit: 'short',
        queries: [[`tandem_vrrp_lease_open{${JOB}}`, '{{router}} on {{instance}}']],
      },
      {
        title: 'Others that answer for the addresses',
        kind: 'timeseries',
        unit: 'short',
        queries: [[`tandem_vrrp_duplicate_holders{${JOB}}`, '{{router}} on {{instance}}']],
      },
      {
        title: 'Round trip between the agents',
        kind: 'timeseries',
        unit: 's',
        queries: [[`tandem_pair_round_trip_seconds{${JOB}}`, '{{local}} to {{remote}}']],
      },
    ],
  },
];

/** Of Grafana 10 and newer. */
const SCHEMA_VERSION = 39;
const COLUMNS = 24;
const ROW_HEIGHT = 8;
/** How Grafana writes a variable. */
const variable = (name: string) => `\${${name}}`;
const DATASOURCE = { type: 'prometheus', uid: variable('datasource') } as const;

/** The dashboard as Grafana imports it, with a choice of data source and pair at its top. */
export function dashboardJson({ slug, title, panels }: Dashboard): string {
  const document = {
    uid: slug,
    title,
    tags: ['tandem'],
    timezone: 'browser',
    schemaVersion: SCHEMA_VERSION,
    refresh: '10s',
    time: { from: 'now-1h', to: 'now' },
    templating: {
      list: [
        { name: 'datasource', label: 'Data source', type: 'datasource', query: 'prometheus' },
        {
          name: 'job',
          label: 'Pair',
          type: 'query',
          datasource: DATASOURCE,
          query: 'label_values(tandem_proxy_uptime_seconds, job)',
          refresh: 2,
        },
      ],
    },
    panels: placed(panels),
  };
  return `${JSON.stringify(document, null, 2)}\n`;
}

/** From left to right, a new row where one does not fit. */
function placed(panels: readonly Panel[]): readonly object[] {
  let x = 0;
  let y = 0;
  return panels.map(({ title, kind, unit, queries, width = COLUMNS / 2 }, index) => {
    if (x + width > COLUMNS) {
      x = 0;
      y += ROW_HEIGHT;
    }
    const gridPos = { x, y, w: width, h: ROW_HEIGHT };
    x += width;
    const targets = queries.map(([expr, legendFormat], at) => ({
      refId: String.fromCharCode('A'.charCodeAt(0) + at),
      datasource: DATASOURCE,
      expr,
      legendFormat,
    }));
    const fieldConfig = { defaults: { unit, min: 0 }, overrides: [] };
    return {
      id: index + 1,
      type: kind,
      title,
      gridPos,
      datasource: DATASOURCE,
      fieldConfig,
      targets,
    };
  });
}
