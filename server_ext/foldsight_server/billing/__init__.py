"""Plans that are paid for through Stripe.

Stripe knows who pays for what; we know it by reading it there. A webhook of Stripe's says only
that something has changed: its event is recorded and answered, and the bookkeeper then reads the
customer's subscriptions anew, so that lost, repeated and disordered events all end alike.
"""
