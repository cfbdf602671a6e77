// The figures a shop owner looks for first.
import type { Report } from "../../data/report";
import { ratio } from "../../data/figures";
import { Figures, Section } from "../parts";
import { useSpeech } from "../speech";

export function Headline({ report }: { report: Report }) {
  const { t, format, counted, value } = useSpeech();
  const { headline, clv } = report;
  const none = headline.customers === 0;
  const title = none
    ? t("headline.title_none")
    : t("headline.title", {
        customers: counted("customers", headline.customers),
        orders: counted("orders", headline.orders),
        revenue: format.money(headline.revenue),
      });
  const horizon = { months: format.count(clv.horizon_months), rate: format.shareShort(clv.annual_discount) };
  const valueHint = headline.clv_sum === null ? t("headline.no_value") : value("horizon", horizon);
  const active = format.share(ratio(headline.active_customers, headline.customers));
  const items = [
    { label: t("common.customers"), value: format.count(headline.customers) },
    { label: t("common.orders"), value: format.count(headline.orders) },
    { label: t("common.revenue"), value: format.money(headline.revenue) },
    {
      label: t("common.average_order_value"),
      value: format.money(headline.average_order_value),
      // Refunds that name no order lower the revenue, but no order.
      hint: headline.order_value > headline.revenue ? t("headline.before_refunds") : undefined,
    },
    { label: t("headline.orders_per_customer"), value: format.number(headline.orders_per_customer) },
    { label: t("headline.bought_once"), value: format.share(headline.bought_once_share) },
    {
      label: t("headline.active"),
      value: format.count(headline.active_customers),
      hint: none ? undefined : `${active} · ${t("headline.active_hint")}`,
    },
    // Without a margin the value so far is the revenue: one figure, not two.
    ...(headline.historic_value_sum === headline.revenue
      ? []
      : [{ label: value("historic"), value: format.money(headline.historic_value_sum) }]),
    { label: value("sum"), value: format.money(headline.clv_sum), hint: valueHint },
    { label: value("total"), value: format.money(headline.total_clv_sum) },
  ];
  const people = headline.customers_without_order;
  return (
    <Section id="headline" heading={t("headline.heading")} title={title}>
      <p className="sample">
        {none
          ? null
          : t("headline.span", { from: format.day(headline.first_order_day), to: format.day(headline.last_order_day) })}{" "}
        {people > 0 ? t("headline.without_order", { count: people, n: format.count(people) }) : null}
      </p>
      <Figures items={items} />
      {none ? null : <p className="basis">{value("basis")}</p>}
    </Section>
  );
}
