"""Customer lifetime value with lifetimes, for a frame of customers that RFM scores were put on: the second half of the `…_full.py`.

BG/NBD and Gamma-Gamma as lifetimes' documentation has them, with what a user who waits for them would find: equal histories are
counted first, so that the fit takes them as weights, and predictions and discounted purchases are made once for each of them. The
latter are lifetimes' value of customers who spend one; its own function of value would go over all customers, month by month.
Added: P(alive), purchases of the next 365 days, value of a purchase, value of twelve months.
"""

import pandas as pd
from lifetimes import BetaGeoFitter, GammaGammaFitter
from lifetimes.utils import _customer_lifetime_value

HISTORY = ["repeat_purchases", "recency_weeks", "age_weeks"]
HORIZON_WEEKS = 365 / 7
MONTHS = 12
DISCOUNT_PER_MONTH = 1.1 ** (1 / 12) - 1


def with_values(customers: pd.DataFrame) -> pd.DataFrame:
    """Adds the four columns; takes repeat_purchases, days_first_to_last, age_days and repeat_value, the mean of repeat purchase days."""
    customers["recency_weeks"], customers["age_weeks"] = customers["days_first_to_last"] / 7, customers["age_days"] / 7
    groups = customers.groupby(HISTORY, sort=False)
    histories = groups.size().reset_index(name="weight")
    of_customer = groups.ngroup().to_numpy()
    columns = [histories[name] for name in HISTORY]
    purchases = BetaGeoFitter().fit(*columns, weights=histories["weight"])
    alive = purchases.conditional_probability_alive(*columns)
    expected = purchases.conditional_expected_number_of_purchases_up_to_time(HORIZON_WEEKS, *columns).to_numpy()
    ones = pd.Series(1.0, index=histories.index)
    discounted = _customer_lifetime_value(purchases, *columns, ones, MONTHS, DISCOUNT_PER_MONTH, "W").to_numpy()
    customers["probability_alive"], customers["expected_purchases"] = alive[of_customer], expected[of_customer]

    repeat = customers[customers["repeat_purchases"] > 0]
    spend = GammaGammaFitter().fit(repeat["repeat_purchases"], repeat["repeat_value"])
    means = customers["repeat_value"].fillna(0)
    customers["expected_order_value"] = spend.conditional_expected_average_profit(customers["repeat_purchases"], means)
    customers["clv"] = customers["expected_order_value"] * discounted[of_customer]
    return customers.drop(columns=["recency_weeks", "age_weeks", "repeat_value"])
